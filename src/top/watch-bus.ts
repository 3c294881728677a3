import { ALL_CONTROL, ALL_GOALS, ALL_RESULTS, ALL_SUBJECTS, ALL_TASKS } from '../contract/subjects.ts';
import { HeddleError, isHeddleError } from '../errors.ts';
import { follow } from '../tail/follow.ts';
import type { Output } from '../tail/options.ts';
import { Tail } from '../tail/tail.ts';
import type { Clock } from '../time/clock.ts';
import { sleep } from '../time/wait.ts';
import type { BusEvent, Transport } from '../transport/transport.ts';
import { BusModel } from './model.ts';
import { type Reading, rolesOf, unread } from './roles.ts';

export interface WatchOptions {
  readonly clock: Clock;
  /** Asks the servers who is there. */
  readonly readRoles: () => Promise<Reading>;
  /** How often they are asked. */
  readonly rolesEveryMs: number;
  /** A task without an answer for so long is given up. */
  readonly orphanAfterMs: number;
  /** Of the connection; a frozen path is noticed after three. */
  readonly pingIntervalMs: number;
}

export interface Watch {
  readonly model: BusModel;
  /** Settles when the bus is gone for good, with the reason. */
  readonly over: Promise<HeddleError | undefined>;
  /** Asks the servers now. */
  readRoles(): Promise<void>;
  stop(): void;
}

const SAMPLE_MS = 1000;
/** Messages wait in this much memory when they come faster than they are looked at; then the oldest are dropped and counted. */
const BUFFER_BYTES = 8 * 1024 * 1024;
/** Of a bus with very many connections the question is dear for the servers, too: a twentieth of the time, or every ten seconds. */
const SHARE = 20;
const SELDOM_MS = 10_000;

/** Looks on at everything of Heddle's that passes, and asks the servers who is there. Sends nothing. */
export async function watchBus(transport: Transport, options: WatchOptions): Promise<Watch> {
  const { clock, orphanAfterMs, pingIntervalMs, rolesEveryMs } = options;
  const model = new BusModel({ now: clock.now(), url: transport.url, orphanAfterMs });
  const tail = new Tail({ output: outputOf(model), clock, bufferBytes: BUFFER_BYTES });
  const patterns = await permitted(transport, model);
  const feed = await follow(transport, tail, { patterns, clock, pingIntervalMs });
  tail.start();
  let askSoon = (): void => {};
  const undo = transport.onEvent((event) => {
    hearLink(model, event, transport, clock.now());
    // Who is there after an outage is news.
    if (event.kind === 'reconnected') askSoon();
  });
  const stopping = new AbortController();

  let dear = 0;
  const readRoles = async (): Promise<void> => {
    const began = clock.elapsed();
    try {
      const reading = await options.readRoles();
      dear = Math.min(SELDOM_MS, (reading.tookMs ?? clock.elapsed() - began) * SHARE);
      model.roles = rolesOf(reading, clock.now(), model.roles);
    } catch (error) {
      if (!isHeddleError(error)) throw error;
      model.roles = unread(error.message, model.roles);
    }
  };
  const keepReading = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await readRoles();
      const waiting = new AbortController();
      askSoon = () => waiting.abort();
      // What took long because nobody was there says nothing of what it costs.
      const pause = model.roles.known && model.roles.stale === undefined ? Math.max(rolesEveryMs, dear) : rolesEveryMs;
      await sleep(clock, pause, AbortSignal.any([stopping.signal, waiting.signal]));
    }
  };
  const sampling = clock.every(SAMPLE_MS, () => model.sample(clock.elapsed(), clock.now()));
  model.sample(clock.elapsed(), clock.now());
  const broken = Promise.race([tail.done, keepReading()]).then(() => undefined);
  const stop = (): void => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    clock.cancel(sampling);
    undo();
    feed.stop();
    tail.stop('reader_gone');
  };
  return { model, over: Promise.race([transport.closed, broken]), readRoles, stop };
}

/** The model takes everything at once: it never waits for whoever looks at it. */
function outputOf(model: BusModel): Output {
  return {
    write: (record) => model.take(record),
    flush: () => model.stream.judge(),
    hasRoom: () => true,
    whenRoom: () => Promise.resolve(),
  };
}

const FAMILIES = [ALL_TASKS, ALL_RESULTS, ALL_GOALS, ALL_CONTROL];

/** All of it in one subscription; where that is refused, the parts that this user may hear. */
async function permitted(transport: Transport, model: BusModel): Promise<readonly string[]> {
  if ((await refusedOf(transport, [ALL_SUBJECTS])).length === 0) return [ALL_SUBJECTS];
  const refused = await refusedOf(transport, FAMILIES);
  model.unheard = refused;
  const heard = FAMILIES.filter((each) => !refused.includes(each));
  if (heard.length > 0) return heard;
  throw new HeddleError('permission_denied', `this user may not listen to any of ${FAMILIES.join(', ')}`, {
    hint: `Allow it to subscribe to ${ALL_SUBJECTS}, or to some of these.`,
  });
}

async function refusedOf(transport: Transport, patterns: readonly string[]): Promise<string[]> {
  const refused = new Set<string>();
  const subscriptions = patterns.map((pattern) => {
    const subscription = transport.subscribe(pattern, () => {});
    void subscription.closed.then((error) => {
      if (error?.code === 'permission_denied') refused.add(pattern);
    });
    return subscription;
  });
  try {
    await transport.flush();
  } catch (error) {
    if (!isHeddleError(error) || error.code !== 'permission_denied') throw error;
    // What was refused besides the first of them is told on the way, and the pong comes after all of it.
    await transport.flush().catch(() => {});
  }
  for (const subscription of subscriptions) subscription.unsubscribe();
  return patterns.filter((pattern) => refused.has(pattern));
}

function hearLink(model: BusModel, event: BusEvent, transport: Transport, now: number): void {
  const { url } = transport;
  switch (event.kind) {
    case 'disconnected':
      if (model.link.up) model.link = { up: false, url: event.server, since: now, reason: event.reason };
      break;
    case 'reconnecting':
      if (!model.link.up && event.reason !== undefined) model.link = { ...model.link, reason: event.reason };
      break;
    case 'reconnected':
      model.link = { up: true, url };
      break;
    default:
  }
}
