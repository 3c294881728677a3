import { subjectMatches } from '../contract/subject-grammar.ts';
import type { Clock } from '../time/clock.ts';
import type { BucketChange, BucketEntry, BucketLimits, WatchOptions } from './bucket.ts';
import { isFull, tooLarge } from './failure.ts';
import { refuseKeyPattern } from './guards.ts';
import { Waiting } from './waiting.ts';

/** What an entry costs besides its key and value, about. */
const OVERHEAD_BYTES = 64;

/** The values of a bucket as they are now, and the news of them. Both homes without a server stand on it. */
export class Table {
  limits: BucketLimits;
  readonly #name: string;
  readonly #clock: Clock;
  /** In the order of their last writes, which is that of their ends. */
  readonly #entries = new Map<string, BucketEntry>();
  readonly #watches = new Set<(change: BucketChange & { readonly key: string }) => void>();
  #bytes = 0;

  constructor(name: string, limits: BucketLimits, clock: Clock) {
    this.#name = name;
    this.limits = limits;
    this.#clock = clock;
  }

  get bytes(): number {
    this.#endOfLife();
    return this.#bytes;
  }

  get(key: string): BucketEntry | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined || this.#isOver(entry) ? undefined : entry;
  }

  entries(pattern?: string): BucketEntry[] {
    this.#endOfLife();
    const all = [...this.#entries.values()];
    return pattern === undefined ? all : all.filter(({ key }) => subjectMatches(pattern, key));
  }

  /** Throws when a value may not be written here now. `promised` bytes are on their way already. */
  refuse(key: string, value: Uint8Array, promised = 0): void {
    const { maxValueBytes, maxBytes } = this.limits;
    if (maxValueBytes !== undefined && value.length > maxValueBytes) {
      throw tooLarge(`the value of ${JSON.stringify(key)}`, value.length, maxValueBytes);
    }
    if (maxBytes === undefined) return;
    const standing = this.get(key);
    const after = this.bytes + promised + sizeOf(key, value) - (standing ? sizeOf(key, standing.value) : 0);
    if (after > maxBytes) throw isFull(this.#name, maxBytes);
  }

  set(entry: BucketEntry): void {
    this.#drop(entry.key);
    this.#entries.set(entry.key, entry);
    this.#bytes += sizeOf(entry.key, entry.value);
    this.#tell({ kind: 'put', ...entry });
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
    until.addEventListener('abort', () => this.#watches.delete(listen), { once: true });
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
      this.#watches.delete(listen);
    }
  }

  #endOfLife(): void {
    for (const entry of this.#entries.values()) {
      if (!this.#isOver(entry)) return;
      this.#drop(entry.key);
    }
  }

  #isOver({ at }: BucketEntry): boolean {
    const { ttlMs } = this.limits;
    return ttlMs !== undefined && at + ttlMs <= this.#clock.now();
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= sizeOf(key, entry.value);
  }

  #tell(change: BucketChange & { readonly key: string }): void {
    for (const listen of [...this.#watches]) listen(change);
  }
}

export function sizeOf(key: string, value: Uint8Array): number {
  return key.length + value.length + OVERHEAD_BYTES;
}
