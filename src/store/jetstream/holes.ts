import type { Clock } from '../../time/clock.ts';
import type { Gap, Kept } from '../stream.ts';
import { LeaderCopy } from './leader-copy.ts';
import type { Server } from './server.ts';
import { streamState } from './state.ts';

export interface HolesOptions {
  /** The first sequence that the stream had at the beginning. */
  readonly first: number;
  /** On how many servers it is kept: of several, the one that is read may be behind. */
  readonly copies: number;
  /** Which subjects are read; undefined: all. */
  readonly pattern: string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What a consumer passed over: kept no more, of other subjects, or not yet on the copy that it reads. */
export class Holes {
  readonly #server: Server;
  readonly #stream: string;
  readonly #pattern: string | undefined;
  readonly #leader: LeaderCopy | undefined;
  #first: number;

  constructor(server: Server, stream: string, { first, copies, pattern, clock, signal }: HolesOptions) {
    this.#server = server;
    this.#stream = stream;
    this.#pattern = pattern;
    this.#leader = copies > 1 ? new LeaderCopy(server, stream, clock, signal) : undefined;
    this.#first = first;
  }

  /**
   * Between two that came. Of some subjects nothing but what is before the first of the stream is known to be gone: the rest may be of
   * others, and a copy that is behind lacks the end alone.
   */
  async *between(from: number, to: number, mayBeEvicted: boolean): AsyncGenerator<Kept | Gap> {
    if (this.#pattern !== undefined) yield* this.#evicted(from, to, mayBeEvicted);
    else if (this.#leader !== undefined) yield* this.#leader.between(from, to);
    else if (from <= to) yield { kind: 'gap', from, to };
  }

  /** Behind the last that came, up to what the stream had at the beginning. */
  async *atEnd(from: number, to: number, mayBeEvicted: boolean): AsyncGenerator<Kept | Gap> {
    if (this.#pattern !== undefined) {
      yield* this.#evicted(from, to, mayBeEvicted);
      if (this.#leader !== undefined) yield* this.#leader.between(from, to, this.#pattern);
    } else yield* this.between(from, to, mayBeEvicted);
  }

  async *#evicted(from: number, to: number, mayBe: boolean): AsyncGenerator<Gap> {
    if (from > to) return;
    if (mayBe) this.#first = (await streamState(this.#server, this.#stream)).first_seq;
    const end = Math.min(to, this.#first - 1);
    if (from <= end) yield { kind: 'gap', from, to: end };
  }
}
