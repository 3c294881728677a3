import { decodeMessage } from '../../contract/read-message.ts';
import { readSubject } from '../../contract/subject-meaning.ts';
import { wireTime } from '../../contract/wire-time.ts';
import type { EventStream } from '../../http/event-stream.ts';
import type { Clock } from '../../time/clock.ts';
import type { Message, Subscription, Transport } from '../../transport/transport.ts';

/** What passes is told so often, together. */
const TICK_MS = 250;
/** So many are looked at of one tick. Then nothing is listened to until the next, so that no bus is too fast for us. */
const MOST_HEARD = 1_000;
/** So many are shown of one tick. */
const MOST_SHOWN = 50;
/** Of the text of each, in bytes. */
const MOST_TEXT = 1_024;
/** A longer message is counted, and not read. */
const MOST_READ = 64 * 1024;
/** More than this unsent, and a reader is told numbers alone. */
const MUCH_UNSENT = 256 * 1024;

const KINDS = ['tasks', 'routed', 'goals', 'completed', 'failed', 'dead_letters', 'other'] as const;
type Kind = (typeof KINDS)[number];

/** One message, as much of it as is shown. */
interface Shown {
  readonly at: string;
  readonly subject: string;
  readonly kind: Kind;
  readonly bytes: number;
  readonly worker_type: string | null;
  readonly id: string | null;
  /** The first of it. */
  readonly text: string;
  readonly cut: boolean;
}

interface Tick {
  readonly counts: Record<Kind, number>;
  messages: number;
  bytes: number;
  readonly latencies: number[];
  readonly shown: Shown[];
  /** More passed than was looked at. */
  overrun: boolean;
}

/**
 * Tells one client what passes on the bus: numbers, and some of the messages. Bounded by what is looked at, what is shown and what waits
 * for the client; whatever is left out is counted, and where even that cannot be, it says so.
 */
export function tellPassing(transport: Transport, pattern: string, stream: EventStream, clock: Clock): void {
  let tick = emptyTick();
  let heard = 0;
  let from = clock.elapsed();
  let subscription: Subscription | undefined;
  const hear = (message: Message): void => {
    heard += 1;
    if (heard > MOST_HEARD) {
      tick.overrun = true;
      subscription?.unsubscribe();
      subscription = undefined;
      return;
    }
    note(tick, message, clock.now());
  };
  const listen = (): void => {
    const listening = transport.subscribe(pattern, hear);
    subscription = listening;
    void listening.closed.then((error) => {
      if (error === undefined || !stream.isOpen) return;
      // It would come back for the same answer.
      stream.send({ event: 'bus/refused', data: JSON.stringify({ reason: error.message }) });
      stream.close();
    });
  };
  const tell = (): void => {
    const now = clock.elapsed();
    heard = 0;
    if (tick.messages > 0 || tick.overrun) {
      if (stream.unsent.bytes > MUCH_UNSENT) tick.shown.length = 0;
      else {
        stream.send({ event: 'bus/passing', data: documentOf(tick, now - from, clock.now()) });
        tick = emptyTick();
        from = now;
      }
    } else from = now;
    if (subscription === undefined && stream.isOpen) listen();
  };
  listen();
  const timer = clock.every(TICK_MS, tell);
  void stream.ended.then(() => {
    clock.cancel(timer);
    subscription?.unsubscribe();
  });
}

function emptyTick(): Tick {
  const counts = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
  return { counts, messages: 0, bytes: 0, latencies: [], shown: [], overrun: false };
}

function documentOf({ counts, messages, bytes, latencies, shown, overrun }: Tick, ms: number, now: number): string {
  return JSON.stringify({
    at: wireTime(now),
    ms: Math.round(ms),
    messages,
    bytes,
    counts,
    latencies_ms: latencies.slice(0, MOST_HEARD),
    left_out: messages - shown.length,
    whole: !overrun,
    shown,
  });
}

function note(tick: Tick, { subject, data }: Message, now: number): void {
  const { kind, worker, id, latency } = judge(subject, data);
  tick.messages += 1;
  tick.bytes += data.length;
  tick.counts[kind] += 1;
  if (latency !== undefined) tick.latencies.push(latency);
  if (tick.shown.length >= MOST_SHOWN) return;
  const some = data.length > MOST_TEXT ? data.subarray(0, MOST_TEXT) : data;
  tick.shown.push({
    ...{ at: wireTime(now), subject, kind, bytes: data.length, worker_type: worker ?? null, id: id ?? null },
    text: Buffer.from(some.buffer, some.byteOffset, some.byteLength).toString(),
    cut: data.length > MOST_TEXT,
  });
}

interface Judged {
  readonly kind: Kind;
  readonly worker?: string | undefined;
  readonly id?: string | undefined;
  readonly latency?: number | undefined;
}

function judge(subject: string, data: Uint8Array): Judged {
  const meaning = readSubject(subject);
  const read = data.length > MOST_READ ? undefined : decodeMessage(subject, data);
  switch (read?.kind) {
    case 'task': {
      const { worker_type: worker, task_id: id } = read.view;
      return { kind: meaning.kind === 'tasks_incoming' ? 'tasks' : 'routed', worker, id };
    }
    case 'result': {
      const { worker_type: worker, task_id: id, status, processing_time_ms: latency } = read.view;
      return {
        kind: status === 'completed' ? 'completed' : 'failed',
        ...{ worker, id, latency: typeof latency === 'number' && Number.isFinite(latency) ? latency : undefined },
      };
    }
    case 'goal':
      return { kind: 'goals', id: read.view.goal_id };
    default:
      return { kind: OF_SUBJECT[meaning.kind] ?? 'other' };
  }
}

/** What is counted by its subject alone; a result that nobody can read is neither completed nor failed. */
const OF_SUBJECT: Readonly<Partial<Record<ReturnType<typeof readSubject>['kind'], Kind>>> = {
  tasks_incoming: 'tasks',
  task: 'routed',
  goals_incoming: 'goals',
  dead_letter: 'dead_letters',
};
