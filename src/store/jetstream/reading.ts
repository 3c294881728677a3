import type { JsMsg } from '@nats-io/jetstream';
import type { Clock } from '../../time/clock.ts';
import { refusePattern } from '../../transport/guards.ts';
import { refuseForeign } from '../guards.ts';
import type { Gap, Kept, Reading, ReadOptions } from '../stream.ts';
import { headersIn, idIn } from './headers.ts';
import { Holes } from './holes.ts';
import { Pull, type PullOptions, type Start } from './pull.ts';
import type { Server } from './server.ts';
import { standingStream } from './state.ts';

interface Place {
  readonly pull: Pull;
  readonly pending: number;
  /** The first sequence that is to be told. */
  readonly seq: number;
  /** The first that the stream had at the beginning. */
  readonly first: number;
  readonly to: number | undefined;
  /** On how many servers it is kept. */
  readonly copies: number;
}

/** A reading of a stream in JetStream. */
export class JetStreamReading implements Reading {
  readonly #server: Server;
  readonly #stream: string;
  readonly #options: ReadOptions;
  readonly #clock: Clock;
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;
  #place: Promise<Place> | undefined;

  constructor(server: Server, stream: string, options: ReadOptions, clock: Clock) {
    if (options.subject !== undefined) refusePattern(options.subject);
    this.#server = server;
    this.#stream = stream;
    this.#options = options;
    this.#clock = clock;
    const { signal } = options;
    this.#signal = signal === undefined ? this.#over.signal : AbortSignal.any([signal, this.#over.signal]);
  }

  async ready(): Promise<number> {
    return (await this.#found()).pending;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Kept | Gap> {
    const { pull, pending, seq: start, first, to, copies } = await this.#found();
    const { from, fleeting } = this.#options;
    const time = typeof from === 'object' && 'time' in from ? from.time : 0;
    const holes = new Holes(this.#server, this.#stream, {
      ...{ first, copies, pattern: this.#options.subject, clock: this.#clock, signal: this.#signal },
    });
    let expected = start;
    /** Whether all up to `to` was given by the consumer, or lies behind what it gave. */
    let passed = to !== undefined && start > to;
    try {
      if (!passed) {
        reading: for await (const { messages, first: isFirst } of pull.messages(pending)) {
          for (const message of messages) {
            if (this.#signal.aborted) return;
            const { streamSequence: seq, pending: behind } = message.info;
            if (seq < expected) continue;
            if (seq > expected) {
              const before = to === undefined ? seq : Math.min(seq, to + 1);
              yield* holes.between(expected, before - 1, isFirst && message === messages[0]);
            }
            expected = seq + 1;
            passed = to !== undefined && seq >= to;
            if (to !== undefined && seq > to) return;
            yield keptOf(message);
            if (fleeting) this.#server.bus.giveBack?.(message.data);
            if (to !== undefined && (passed || behind === 0)) break reading;
          }
        }
      }
      if (passed || to === undefined || this.#signal.aborted) return;
      for await (const item of holes.atEnd(expected, to, pending === 0)) {
        if (item.kind === 'gap' || item.at >= time) yield item;
      }
    } finally {
      await pull.close();
    }
  }

  async close(): Promise<void> {
    this.#over.abort();
    const place = await this.#place?.catch(() => undefined);
    await place?.pull.close();
  }

  #found(): Promise<Place> {
    this.#place ??= this.#find();
    return this.#place;
  }

  async #find(): Promise<Place> {
    const { from = 'all', until, subject } = this.#options;
    const { config, state } = await standingStream(this.#server, this.#stream);
    const { first_seq: first, last_seq: last } = state;
    const copies = config.num_replicas;
    refuseForeign(subject, config.subjects);
    const to = until === 'now' ? last : undefined;
    if (typeof from === 'object' && 'last' in from) {
      const { pull, pending, seq } = await this.#behindAllBut(from.last, first, last);
      return { pull, pending, seq, first, to, copies };
    }
    const start: Start =
      from === 'all'
        ? { seq: Math.max(1, first) }
        : from === 'new'
          ? { seq: last + 1 }
          : 'time' in from
            ? from
            : { seq: Math.max(1, from.seq) };
    const { pull, behind, pending } = await this.#open(start);
    return { pull, pending, seq: 'seq' in start ? start.seq : behind + 1, first, to, copies };
  }

  async #open(start: Start): Promise<{ pull: Pull; behind: number; pending: number }> {
    const options: PullOptions = {
      stream: this.#stream,
      subject: this.#options.subject,
      untilNow: this.#options.until === 'now',
      signal: this.#signal,
      clock: this.#clock,
    };
    const pull = new Pull(this.#server, options, start);
    try {
      return { pull, ...(await pull.open()) };
    } catch (error) {
      await pull.close();
      throw error;
    }
  }

  /**
   * A consumer of the last `count` messages of the subject. Streams count by sequence, over all their subjects; how many of a
   * pattern lie behind a sequence only a consumer knows, so the place is found by halving.
   */
  async #behindAllBut(
    count: number,
    firstSeq: number,
    lastSeq: number,
  ): Promise<{ pull: Pull; pending: number; seq: number }> {
    let first = Math.max(1, firstSeq);
    let last = lastSeq;
    const all = await this.#open({ seq: first });
    if (all.pending <= count) return { ...all, seq: first };
    await all.pull.close();
    // Invariant: from `first` there are at least `count`, from beyond `last` fewer.
    while (first < last) {
      const middle = first + Math.ceil((last - first) / 2);
      const tried = await this.#open({ seq: middle });
      await tried.pull.close();
      if (tried.pending >= count) first = middle;
      else last = middle - 1;
    }
    return { ...(await this.#open({ seq: first })), seq: first };
  }
}

function keptOf(message: JsMsg): Kept {
  const { subject, data, headers } = message;
  const { streamSequence: seq, timestampNanos } = message.info;
  return {
    kind: 'kept',
    seq,
    at: Math.floor(timestampNanos / 1e6),
    subject,
    data,
    headers: headersIn(headers),
    id: idIn(headers),
  };
}
