import { subjectMatches } from '../contract/subject-grammar.ts';
import { ByAge } from '../time/by-age.ts';
import type { Clock } from '../time/clock.ts';
import type { BucketChange, BucketEntry, BucketLimits, WatchOptions } from './bucket.ts';
import { isFull, tooLarge } from './failure.ts';
import { refuseKeyPattern } from './guards.ts';
import { bytesOf } from './kept.ts';
import { Waiting } from './waiting.ts';

/** What an entry costs besides its key and value, about. */
const OVERHEAD_BYTES = 64;

/** A value as it is held. Text stays text until somebody asks: thousands of small arrays of bytes are dear to hold. */
export interface Row {
  readonly key: string;
  readonly value: Uint8Array | string;
  readonly revision: number;
  readonly at: number;
}

interface SizedRow extends Row {
  value: Uint8Array | string;
  size: number;
  isWhole: boolean;
}

/** Of what is gone before it could fade, so many keys are held in any case. */
const MOST_GONE = 1_024;

/** What is over before it ends, and need not be held whole until then. */
export interface Fading {
  /** From the last write of a value on. */
  readonly afterMs: number;
  /** What is left of the value under the same revision, for the rest of its life. No watch tells it. */
  left(value: Uint8Array | string): Uint8Array | string;
}

/** The values of a bucket as they are now, and the news of them. Both homes without a server stand on it. */
export class Table {
  limits: BucketLimits;
  readonly #name: string;
  readonly #clock: Clock;
  /** In the order of their last writes, which is that of their ends. */
  readonly #rows = new Map<string, SizedRow>();
  readonly #watches = new Set<(change: BucketChange & { readonly key: string }) => void>();
  readonly #fading: Fading | undefined;
  /** The keys of writes whose values are whole; some are written anew or gone meanwhile. */
  #whole = new ByAge<string>();
  #bytes = 0;

  constructor(name: string, limits: BucketLimits, clock: Clock, fading?: Fading) {
    this.#name = name;
    this.limits = limits;
    this.#clock = clock;
    this.#fading = fading;
  }

  get bytes(): number {
    this.#endOfLife();
    return this.#bytes;
  }

  get(key: string): BucketEntry | undefined {
    const row = this.#standing(key);
    return row === undefined ? undefined : entryOf(row);
  }

  /** Without its value. */
  revisionOf(key: string): number | undefined {
    return this.#standing(key)?.revision;
  }

  entries(pattern?: string): BucketEntry[] {
    this.#endOfLife();
    const all = [...this.#rows.values()];
    return (pattern === undefined ? all : all.filter(({ key }) => subjectMatches(pattern, key))).map(entryOf);
  }

  /** Throws when a value may not be written here now; else what it will take. `promised` bytes are on their way already. */
  refuse(key: string, value: Uint8Array | string, promised = 0): number {
    const { maxValueBytes, maxBytes } = this.limits;
    const length = Buffer.byteLength(value);
    const size = key.length + length + OVERHEAD_BYTES;
    if (maxValueBytes !== undefined && length > maxValueBytes) {
      throw tooLarge(`the value of ${JSON.stringify(key)}`, length, maxValueBytes);
    }
    if (maxBytes === undefined) return size;
    const after = this.bytes + promised + size;
    if (after > maxBytes && after - (this.#standing(key)?.size ?? 0) > maxBytes) throw isFull(this.#name, maxBytes);
    return size;
  }

  set(row: Row, size = sizeOf(row.key, row.value)): void {
    this.#drop(row.key);
    const { key, value, revision, at } = row;
    this.#rows.set(key, { key, value, revision, at, size, isWhole: true });
    this.#bytes += size;
    if (this.#fading !== undefined) this.#willFade(key, at);
    if (this.#watches.size > 0) this.#tell({ kind: 'put', ...entryOf(row) });
  }

  delete(key: string, revision: number): void {
    this.#drop(key);
    this.#tell({ kind: 'deleted', key, revision });
  }

  async *watch({ pattern, signal }: WatchOptions, over: AbortSignal): AsyncGenerator<BucketChange> {
    if (pattern !== undefined) refuseKeyPattern(pattern);
    const until = signal === undefined ? over : AbortSignal.any([signal, over]);
    const news = new Waiting();
    const pending = new Map<string, BucketChange>();
    const listen = (change: BucketChange & { readonly key: string }): void => {
      if (pattern !== undefined && !subjectMatches(pattern, change.key)) return;
      // The latest of each key, in the order of the latest.
      pending.delete(change.key);
      pending.set(change.key, change);
      news.wake();
    };
    this.#watches.add(listen);
    // Also when whoever watches never comes back to hear that it is over.
    const forget = (): void => void this.#watches.delete(listen);
    until.addEventListener('abort', forget, { once: true });
    try {
      for (const entry of this.entries(pattern)) {
        if (until.aborted) return;
        yield { kind: 'put', ...entry };
      }
      if (until.aborted) return;
      yield { kind: 'current' };
      while (!until.aborted) {
        const [next] = pending;
        const { version } = news;
        if (next === undefined) await news.since(version, until);
        else {
          pending.delete(next[0]);
          yield next[1];
        }
      }
    } finally {
      // What somebody listens to lives on, as long as the bucket.
      until.removeEventListener('abort', forget);
      this.#watches.delete(listen);
    }
  }

  #endOfLife(): void {
    this.#fade();
    for (const row of this.#rows.values()) {
      if (!this.#isOver(row)) return;
      this.#drop(row.key);
    }
  }

  #willFade(key: string, at: number): void {
    // What is deleted at once must not be remembered as long as what stays.
    if (this.#whole.size > 2 * this.#rows.size + MOST_GONE) {
      this.#whole = new ByAge();
      for (const row of this.#rows.values()) if (row.isWhole) this.#whole.add(row.key, row.at);
    } else this.#whole.add(key, at);
  }

  #fade(): void {
    if (this.#fading === undefined) return;
    const before = this.#clock.now() - this.#fading.afterMs;
    for (let key = this.#whole.takeOlder(before); key !== undefined; key = this.#whole.takeOlder(before)) {
      const row = this.#rows.get(key);
      if (row === undefined || row.at > before || !row.isWhole) continue;
      row.isWhole = false;
      row.value = this.#fading.left(row.value);
      const size = sizeOf(key, row.value);
      this.#bytes += size - row.size;
      row.size = size;
    }
  }

  #standing(key: string): SizedRow | undefined {
    const row = this.#rows.get(key);
    return row === undefined || this.#isOver(row) ? undefined : row;
  }

  #isOver({ at }: Row): boolean {
    const { ttlMs } = this.limits;
    return ttlMs !== undefined && at + ttlMs <= this.#clock.now();
  }

  #drop(key: string): void {
    const row = this.#rows.get(key);
    if (row === undefined) return;
    this.#rows.delete(key);
    this.#bytes -= row.size;
  }

  #tell(change: BucketChange & { readonly key: string }): void {
    for (const listen of [...this.#watches]) listen(change);
  }
}

export function sizeOf(key: string, value: Uint8Array | string): number {
  return key.length + Buffer.byteLength(value) + OVERHEAD_BYTES;
}

function entryOf({ key, value, revision, at }: Row): BucketEntry {
  return { key, value: typeof value === 'string' ? bytesOf(value) : value, revision, at };
}
