import type { StoredMsg } from '@nats-io/jetstream';
import { isHeddleError } from '../../errors.ts';
import type { Clock } from '../../time/clock.ts';
import type { Gap, Kept } from '../stream.ts';
import { inWords } from './failure.ts';
import { headersIn, idIn } from './headers.ts';
import { patiently } from './patience.ts';
import type { Server } from './server.ts';

/** A leader that is looked for is found within this time, or nobody knows what the stream has. */
const PATIENCE_MS = 30_000;

/**
 * The copy of the server that takes the writes. A consumer reads the copy of whichever server it stands on, and that one is behind
 * when it has come back, and for a moment after every write: it counts as current while the last entry waits for the next heartbeat.
 */
export class LeaderCopy {
  readonly #server: Server;
  readonly #stream: string;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  /** Sequences that were removed one by one; asked for once, at the first hole. */
  #removed: Promise<ReadonlySet<number>> | undefined;

  constructor(server: Server, stream: string, clock: Clock, signal: AbortSignal) {
    this.#server = server;
    this.#stream = stream;
    this.#clock = clock;
    this.#signal = signal;
  }

  /**
   * What it has of these sequences, in order: each that it keeps, of a pattern where one is given, and without a pattern a gap in the
   * place of what it keeps no more. Who may not ask it is told that nobody knows.
   */
  async *between(from: number, to: number, pattern?: string): AsyncGenerator<Kept | Gap> {
    if (from > to) return;
    if (pattern === undefined && (await this.#allRemoved(from, to))) {
      yield { kind: 'gap', from, to };
      return;
    }
    for (let at = from; at <= to && !this.#signal.aborted; ) {
      const next = await this.#next(at, pattern);
      if (next === 'unknown') {
        yield { kind: 'gap', from: at, to, unread: true };
        return;
      }
      const end = next === undefined || next.seq > to ? to : next.seq - 1;
      if (pattern === undefined && at <= end) yield { kind: 'gap', from: at, to: end };
      if (next === undefined || next.seq > to) return;
      yield keptIn(next);
      at = next.seq + 1;
    }
  }

  async #next(seq: number, pattern = '>'): Promise<StoredMsg | undefined | 'unknown'> {
    const query = { seq, next_by_subj: pattern };
    try {
      return (await this.#asked(() => this.#server.manager.streams.getMessage(this.#stream, query))) ?? undefined;
    } catch (error) {
      if (isHeddleError(error) && error.code === 'permission_denied') return 'unknown';
      throw inWords(error, this.#server.bus, `$JS.API.STREAM.MSG.GET.${this.#stream}`);
    }
  }

  async #allRemoved(from: number, to: number): Promise<boolean> {
    this.#removed ??= this.#findRemoved();
    const removed = await this.#removed;
    if (to - from >= removed.size) return false;
    for (let seq = from; seq <= to; seq += 1) if (!removed.has(seq)) return false;
    return true;
  }

  async #findRemoved(): Promise<ReadonlySet<number>> {
    const details = { deleted_details: true };
    const { state } = await this.#asked(() => this.#server.manager.streams.info(this.#stream, details));
    return new Set(state.deleted ?? []);
  }

  #asked<T>(ask: () => Promise<T>): Promise<T> {
    return patiently({ bus: this.#server.bus, clock: this.#clock, forMs: PATIENCE_MS, signal: this.#signal }, ask);
  }
}

function keptIn({ seq, timestamp, subject, data, header }: StoredMsg): Kept {
  return { kind: 'kept', seq, at: msIn(timestamp), subject, data, headers: headersIn(header), id: idIn(header) };
}

/** The very number that a consumer makes of it: it has the nanoseconds as one number, which rounds the last of them. */
function msIn(timestamp: string): number {
  const [seconds = '', fraction = ''] = timestamp.replace(/Z$/, '').split('.');
  const nanos = BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
  return Math.floor(Number(nanos) / 1e6);
}
