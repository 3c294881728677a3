import { subjectMatches } from '../contract/subject-grammar.ts';
import { refusePattern } from '../transport/guards.ts';
import type { Gap, Kept, Reading, ReadOptions } from './stream.ts';

/** What a home gives to be read: where it begins and ends, and a way through it. */
export interface Source {
  /** `last` is 0 before the first; `first` is one more than `last` when nothing is kept. */
  bounds(): Promise<{ readonly first: number; readonly last: number }>;
  /** Only messages from this sequence, or from this time, have to be given; a few before them may be. */
  cursor(from: { readonly seq: number } | { readonly time: number }): Cursor;
}

export interface Cursor {
  /** The next ones in order, as many as are at hand; none when there is no more for now. */
  next(): Promise<readonly Kept[]>;
  /** Resolves when there may be some that the latest `next` did not see, or when the signal aborts. */
  more(signal: AbortSignal): Promise<void>;
  /** At any time, also while the next ones are looked for; then there are none. */
  close(): Promise<void>;
}

interface Place {
  /** Undefined while only a time is known. */
  readonly seq: number | undefined;
  readonly to: number | undefined;
}

/** A reading of a home that can be looked through: sequences that are missing are seen as they are passed. */
export class SourceReading implements Reading {
  readonly #source: Source;
  readonly #options: ReadOptions;
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;
  #place: Promise<Place> | undefined;

  constructor(source: Source, options: ReadOptions) {
    if (options.subject !== undefined) refusePattern(options.subject);
    this.#source = source;
    this.#options = options;
    const { signal } = options;
    this.#signal = signal === undefined ? this.#over.signal : AbortSignal.any([signal, this.#over.signal]);
  }

  async ready(): Promise<number> {
    const { seq, to } = await this.#found();
    return (await this.#matching(seq, to)).count;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Kept | Gap> {
    const { seq, to } = await this.#found();
    const { from } = this.#options;
    const time = typeof from === 'object' && 'time' in from ? from.time : undefined;
    let expected = seq;
    if (to !== undefined && expected !== undefined && expected > to) return;
    const cursor = this.#source.cursor(expected === undefined ? { time: time ?? 0 } : { seq: expected });
    // Also when whoever reads never comes back to hear that it is over.
    const leave = (): void => void cursor.close();
    this.#signal.addEventListener('abort', leave, { once: true });
    try {
      for (;;) {
        if (this.#signal.aborted) return;
        const batch = await cursor.next();
        for (const kept of batch) {
          if (this.#signal.aborted) return;
          if (expected === undefined ? kept.at < (time ?? 0) : kept.seq < expected) continue;
          const gap = await this.#missing(expected, to === undefined ? kept.seq : Math.min(to + 1, kept.seq));
          if (gap !== undefined) yield gap;
          expected = kept.seq + 1;
          if (to !== undefined && kept.seq > to) return;
          if (this.#matches(kept)) yield kept;
        }
        if (this.#signal.aborted || (to !== undefined && expected !== undefined && expected > to)) return;
        if (batch.length > 0) continue;
        if (to !== undefined) {
          // What was there at the beginning and is not found at the end went meanwhile.
          const gap = await this.#missing(expected, to + 1);
          if (gap !== undefined) yield gap;
          return;
        }
        await cursor.more(this.#signal);
      }
    } finally {
      this.#signal.removeEventListener('abort', leave);
      await cursor.close();
    }
  }

  async close(): Promise<void> {
    this.#over.abort();
  }

  #found(): Promise<Place> {
    this.#place ??= this.#find();
    return this.#place;
  }

  async #find(): Promise<Place> {
    const { first, last } = await this.#source.bounds();
    const { from = 'all', until } = this.#options;
    const to = until === 'now' ? last : undefined;
    if (from === 'all') return { seq: first, to };
    if (from === 'new') return { seq: last + 1, to };
    if ('seq' in from) return { seq: Math.max(1, from.seq), to };
    if ('time' in from) return { seq: undefined, to };
    const { latest } = await this.#matching(first, last, from.last);
    return { seq: latest ?? last + 1, to };
  }

  /** Sequences from one that was expected to one that came, or to the end. */
  async #missing(expected: number | undefined, before: number): Promise<Gap | undefined> {
    if (expected === undefined || expected >= before) return undefined;
    const isWhole = this.#options.subject === undefined;
    const end = isWhole ? before : Math.min(before, (await this.#source.bounds()).first);
    return expected < end ? { kind: 'gap', from: expected, to: end - 1 } : undefined;
  }

  /** How many match in a range, and where the last `most` of them begin. */
  async #matching(
    seq: number | undefined,
    to: number | undefined,
    most = 1,
  ): Promise<{ count: number; latest: number | undefined }> {
    const { from } = this.#options;
    const time = typeof from === 'object' && 'time' in from ? from.time : undefined;
    const end = to ?? (await this.#source.bounds()).last;
    const latest: number[] = [];
    let count = 0;
    const cursor = this.#source.cursor(seq === undefined ? { time: time ?? 0 } : { seq });
    try {
      for (;;) {
        const batch = await cursor.next();
        for (const kept of batch) {
          if (kept.seq > end) break;
          if (seq === undefined ? kept.at < (time ?? 0) : kept.seq < seq) continue;
          if (!this.#matches(kept)) continue;
          latest[count % most] = kept.seq;
          count += 1;
        }
        if (batch.length === 0 || (batch.at(-1)?.seq ?? 0) >= end || this.#signal.aborted) break;
      }
    } finally {
      await cursor.close();
    }
    return { count, latest: count > most ? latest[count % most] : latest[0] };
  }

  #matches({ subject }: Kept): boolean {
    const { subject: pattern } = this.#options;
    return pattern === undefined || (subject !== undefined && subjectMatches(pattern, subject));
  }
}
