import { isJsonObject } from '../contract/json.ts';
import { decodeMessage } from '../contract/read-message.ts';
import { GOALS_INCOMING, TASKS_DEAD_LETTER } from '../contract/subjects.ts';
import { type Finding, judge } from '../letters/judge.ts';
import { LAYOUT, REJECTED } from '../letters/layout.ts';
import type { KeptRecord } from '../letters/record.ts';
import type { Clock } from '../time/clock.ts';
import type { Message, Subscription, Transport } from '../transport/transport.ts';
import type { SeenGap } from './gap.ts';

export interface WatcherOptions {
  readonly bus: Transport;
  readonly clock: Clock;
  /** A task that nothing answered for so long. */
  readonly orphanAfterMs: number;
  /** Tasks on their way to workers: for the originals of failed results, and for orphans. */
  readonly tasks: boolean;
  /** Goals, for those that fail. Where nobody else takes goals, who sends one is told that somebody heard it. */
  readonly goals: boolean;
  readonly onRecord: (record: KeptRecord) => void;
  readonly onGap: (gap: SeenGap) => void;
}

interface Open {
  readonly bytes: Uint8Array;
  readonly subject: string;
  readonly at: number;
}

/** What may be remembered of tasks and goals that are under way. */
const MOST_BYTES = 64 * 1024 * 1024;
const OVERHEAD_BYTES = 200;
const LOOK_EVERY_MS = 1000;
const UNDER_WAY = new Set<unknown>(['pending', 'processing', 'retry']);

/** Listens on a bus and tells of failed work, with the work itself where it was seen before. */
export class Watcher {
  readonly #options: WatcherOptions;
  /** By id, in the order in which they came. */
  readonly #open = new Map<string, Open>();
  #bytes = 0;
  /** Under way, and forgotten to make room: they can become no orphans. */
  forgotten = 0;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  /** Resolves when the server has taken the subscriptions; the function ends them. */
  async start(): Promise<() => Promise<void>> {
    const { bus, clock, tasks, goals } = this.#options;
    const hear = (message: Message): void => this.#hear(message);
    const patterns = [TASKS_DEAD_LETTER, 'heddle.results.>', REJECTED];
    if (tasks && LAYOUT.tasks.captures !== undefined) patterns.push(LAYOUT.tasks.captures);
    if (goals) patterns.push(GOALS_INCOMING);
    const subscriptions: Subscription[] = patterns.map((pattern) => bus.subscribe(pattern, hear));
    let lostAt: number | undefined;
    const tellGap = (): void => {
      if (lostAt === undefined) return;
      this.#options.onGap({ reason: 'disconnected', from: lostAt, to: clock.now(), missed: undefined });
      lostAt = undefined;
    };
    const undo = bus.onEvent(({ kind }) => {
      if (kind === 'disconnected') lostAt ??= clock.now();
      else if (kind === 'reconnected') tellGap();
    });
    const timer = clock.every(LOOK_EVERY_MS, () => this.#tellOrphans());
    await bus.flush();
    return async () => {
      clock.cancel(timer);
      undo();
      await Promise.all(subscriptions.map((each) => each.drain().catch(() => {})));
      // Nobody will come back to say how long it was.
      tellGap();
    };
  }

  #hear({ subject, data }: Message): void {
    const at = this.#options.clock.now();
    const finding = judge(subject, data);
    if (finding !== undefined) {
      const original = finding.workId === undefined ? undefined : this.#answered(finding);
      this.#options.onRecord({ subject, at, bytes: data, original: original?.bytes });
      return;
    }
    const { kind, value, text } = decodeMessage(subject, data);
    if (!isJsonObject(value)) return;
    if (kind === 'result') {
      if (!UNDER_WAY.has(value.status)) this.#forget(idText(value.task_id));
    } else if (kind === 'task' && text !== undefined)
      this.#remember(idText(value.task_id), { subject, at, bytes: data });
    else if (kind === 'goal') this.#remember(idText(value.goal_id), { subject, at, bytes: data });
  }

  #answered({ kind, workId = '' }: Finding): Open | undefined {
    const known = this.#open.get(workId);
    this.#forget(workId);
    // A refusal holds the task itself, before the router filled anything in.
    return kind === 'refusal' ? undefined : known;
  }

  #remember(id: string | undefined, open: Open): void {
    // What is sent again stays the same work; the first of it is what the sender sent.
    if (id === undefined || this.#open.has(id)) return;
    // The buffer is the client's, and larger than this message.
    this.#open.set(id, { ...open, bytes: Uint8Array.from(open.bytes) });
    this.#bytes += sizeOf(open);
    for (const [oldest] of this.#open) {
      if (this.#bytes <= MOST_BYTES) break;
      this.#forget(oldest);
      this.forgotten += 1;
    }
  }

  #forget(id: string | undefined): void {
    const open = id === undefined ? undefined : this.#open.get(id);
    if (id === undefined || open === undefined) return;
    this.#open.delete(id);
    this.#bytes -= sizeOf(open);
  }

  #tellOrphans(): void {
    const { clock, orphanAfterMs, onRecord } = this.#options;
    const now = clock.now();
    for (const [id, { subject, bytes, at }] of this.#open) {
      const waitedMs = now - at;
      if (waitedMs < orphanAfterMs) return;
      if (subject === GOALS_INCOMING) continue;
      this.#forget(id);
      onRecord({ subject, at, bytes, waitedMs });
    }
  }
}

function sizeOf({ bytes }: Open): number {
  return bytes.length + OVERHEAD_BYTES;
}

function idText(id: unknown): string | undefined {
  return id === undefined || id === null ? undefined : JSON.stringify(id);
}
