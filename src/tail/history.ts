import { checkArgument, checkOptions, is, type Keys, needed } from '../check-options.ts';
import { HeddleError, isHeddleError } from '../errors.ts';
import { NoJetStream, StoreRefused } from '../store/failure.ts';
import { openStream, streamsCapturing } from '../store/open.ts';
import type { Reading, Stream } from '../store/stream.ts';
import type { Clock } from '../time/clock.ts';
import type { Transport } from '../transport/transport.ts';
import { inOrder, type Past } from './merge-past.ts';

/** Which messages of the past are asked for. */
export interface HistoryOptions {
  readonly patterns: readonly string[];
  /** Messages since this time, in milliseconds since 1970, or the last so many of all patterns together. */
  readonly from: { readonly since: number } | { readonly last: number };
  readonly signal?: AbortSignal | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
}

const OPTIONS: Keys<HistoryOptions> = {
  patterns: needed(is.texts),
  from: needed(is.object),
  signal: is.signal,
  clock: is.clock,
};

/** The past, ready to be read in the order of its times. */
export interface History {
  /** Patterns that no stream captures: of these there is no past. */
  readonly uncaptured: readonly string[];
  readonly streams: readonly string[];
  messages(): AsyncGenerator<Past>;
  /** Removes what stands for us on the server. */
  close(): Promise<void>;
}

/** Finds the streams that keep what the patterns match. Throws `no_match` when there is none. */
export async function openHistory(transport: Transport, options: HistoryOptions): Promise<History> {
  checkArgument('openHistory', 'the first argument', transport, is.bus);
  checkOptions('openHistory', options, OPTIONS);
  const { patterns, from, signal, clock } = options;
  if (!transport.info.can.jetstream) throw noneAtAll(patterns);
  const streams = new Map<string, Stream>();
  const readings: Reading[] = [];
  const close = async (): Promise<void> => {
    await Promise.all([...readings, ...streams.values()].map((each) => each.close()));
  };
  try {
    const uncaptured: string[] = [];
    let total = 0;
    for (const pattern of patterns) {
      const names = await streamsCapturing(transport, pattern, clock);
      if (names.length === 0) uncaptured.push(pattern);
      for (const name of names) {
        const stream = streams.get(name) ?? (await openStream({ home: 'jetstream', bus: transport, clock }, name));
        streams.set(name, stream);
        const begin = 'since' in from ? { time: from.since } : from;
        const reading = stream.read({ from: begin, subject: pattern, until: 'now', signal });
        readings.push(reading);
        total += await reading.ready();
      }
    }
    if (readings.length === 0) throw noneAtAll(patterns);
    return {
      uncaptured,
      streams: [...streams.keys()].sort(),
      messages: () => inOrder(readings, 'last' in from ? Math.max(0, total - from.last) : 0, ofThePast),
      close,
    };
  } catch (error) {
    await close();
    throw ofThePast(error);
  }
}

/** A failure of what is kept, as one who wants to see the past reads it. */
function ofThePast(error: unknown): unknown {
  if (error instanceof NoJetStream) {
    const hint = `Without it only what comes from now on can be shown. ${error.hint}`;
    return new HeddleError(error.code, error.message, { hint, cause: error });
  }
  if (!isHeddleError(error) || error.code !== 'store_failed') return error;
  const what =
    error instanceof StoreRefused ? `the server cannot give the past: ${error.said} (${error.asked})` : error.message;
  return new HeddleError('input_unreadable', what, { cause: error });
}

function noneAtAll(patterns: readonly string[]): HeddleError {
  const sorted = [...patterns].sort();
  const list = sorted.map((pattern) => JSON.stringify(pattern));
  return new HeddleError('no_match', `nothing keeps the past of ${list.join(', ')}: no JetStream stream captures it`, {
    remedy: { do: 'make-stream', patterns: sorted },
  });
}
