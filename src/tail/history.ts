import { wireTime } from '../contract/wire-time.ts';
import { HeddleError } from '../errors.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import type { Transport } from '../transport/transport.ts';
import {
  type Consumer,
  createConsumer,
  deleteConsumer,
  type Kept,
  lastSequence,
  nextMessages,
  streamsWith,
} from './jetstream.ts';

export interface HistoryOptions {
  readonly patterns: readonly string[];
  /** Messages since this time, in milliseconds since 1970, or the last so many of all patterns together. */
  readonly from: { readonly since: number } | { readonly last: number };
  readonly signal?: AbortSignal | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
}

/** The past, ready to be read in the order of its times. */
export interface History {
  /** Patterns that no stream captures: of these there is no past. */
  readonly uncaptured: readonly string[];
  readonly streams: readonly string[];
  messages(): AsyncGenerator<Kept>;
  /** Removes the consumers on the server. */
  close(): Promise<void>;
}

const BATCH = 256;

/** Finds the streams that keep what the patterns match. Throws `no_match` when there is none. */
export async function openHistory(transport: Transport, options: HistoryOptions): Promise<History> {
  if (!transport.info.jetstream && transport.info.development) throw noneAtAll(options.patterns);
  const uncaptured: string[] = [];
  const places: { stream: string; pattern: string }[] = [];
  for (const pattern of options.patterns) {
    const streams = await streamsWith(transport, pattern);
    if (streams.length === 0) uncaptured.push(pattern);
    places.push(...streams.map((stream) => ({ stream, pattern })));
  }
  if (places.length === 0) throw noneAtAll(options.patterns);

  const consumers: Consumer[] = [];
  const { from } = options;
  try {
    for (const { stream, pattern } of places) {
      if ('since' in from)
        consumers.push(await createConsumer(transport, stream, pattern, { time: wireTime(from.since) }));
      else consumers.push(await consumerOfLast(transport, stream, pattern, from.last));
    }
  } catch (error) {
    await closeAll(transport, consumers);
    throw error;
  }
  const total = consumers.reduce((sum, { pending }) => sum + pending, 0);
  return {
    uncaptured,
    streams: [...new Set(places.map(({ stream }) => stream))].sort(),
    messages: () => inOrder(transport, consumers, 'last' in from ? Math.max(0, total - from.last) : 0, options),
    close: () => closeAll(transport, consumers),
  };
}

/**
 * A consumer of the last `count` messages of a pattern. Streams count by sequence, over all their subjects; how many of a
 * pattern lie behind a sequence only a consumer knows, so the place is found by halving.
 */
async function consumerOfLast(transport: Transport, stream: string, pattern: string, count: number): Promise<Consumer> {
  const all = await createConsumer(transport, stream, pattern, 'all');
  if (all.pending <= count) return all;
  await deleteConsumer(transport, all);
  let { first, last } = await lastSequence(transport, stream);
  // Invariant: from `first` there are at least `count`, from beyond `last` fewer.
  while (first < last) {
    const middle = first + Math.ceil((last - first) / 2);
    const tried = await createConsumer(transport, stream, pattern, { sequence: middle });
    await deleteConsumer(transport, tried);
    if (tried.pending >= count) first = middle;
    else last = middle - 1;
  }
  return await createConsumer(transport, stream, pattern, { sequence: first });
}

interface Lane {
  readonly consumer: Consumer;
  waiting: Kept[];
  left: number;
}

/** Merges the consumers by time; the first `skip` are passed over. */
async function* inOrder(
  transport: Transport,
  consumers: readonly Consumer[],
  skip: number,
  { signal, clock = systemClock }: HistoryOptions,
): AsyncGenerator<Kept> {
  const lanes: Lane[] = consumers.map((consumer) => ({ consumer, waiting: [], left: consumer.pending }));
  let passedOver = 0;
  for (;;) {
    let next: Lane | undefined;
    for (const lane of lanes) {
      if (lane.waiting.length === 0 && lane.left > 0) {
        if (signal?.aborted) return;
        lane.waiting = await nextMessages(transport, lane.consumer, Math.min(BATCH, lane.left), clock);
        // Only what there was when we began: what came later comes live.
        lane.left = lane.waiting.length === 0 ? 0 : lane.left - lane.waiting.length;
        lane.waiting.reverse();
      }
      const first = lane.waiting.at(-1);
      if (first === undefined) continue;
      const best = next?.waiting.at(-1);
      if (best === undefined || first.at < best.at || (first.at === best.at && first.sequence < best.sequence))
        next = lane;
    }
    const message = next?.waiting.pop();
    if (message === undefined) return;
    if (passedOver < skip) passedOver += 1;
    else yield message;
  }
}

async function closeAll(transport: Transport, consumers: readonly Consumer[]): Promise<void> {
  await Promise.all(consumers.map((consumer) => deleteConsumer(transport, consumer)));
}

function noneAtAll(patterns: readonly string[]): HeddleError {
  const sorted = [...patterns].sort();
  const list = sorted.map((pattern) => JSON.stringify(pattern));
  return new HeddleError('no_match', `nothing keeps the past of ${list.join(', ')}: no JetStream stream captures it`, {
    remedy: { do: 'make-stream', patterns: sorted },
  });
}
