import { type Clock, systemClock } from '../../time/clock.ts';
import type { Bucket, BucketChange, BucketEntry, BucketLimits, WatchOptions } from '../bucket.ts';
import { isClosed, notThere } from '../failure.ts';
import { checkLimits, refuseKey, refuseKeyPattern } from '../guards.ts';
import { bytesOf } from '../kept.ts';
import { differencesOf, withLimits } from '../limits.ts';
import type { Ensured } from '../stream.ts';
import { type Fading, Table } from '../table.ts';

/** Memory is bounded, whether somebody thought of it or not. */
const MOST_BYTES = 64 * 1024 * 1024;

/** A bucket of this process, gone with it. */
export class MemoryBucket implements Bucket {
  readonly name: string;
  readonly #clock: Clock;
  readonly #fading: Fading | undefined;
  readonly #over = new AbortController();
  #table: Table | undefined;
  #revision = 0;
  #lastAt = 0;

  constructor(name: string, clock: Clock = systemClock, fading?: Fading) {
    this.name = name;
    this.#clock = clock;
    this.#fading = fading;
  }

  async ensure(limits: BucketLimits, { change = false } = {}): Promise<Ensured> {
    checkLimits(limits);
    this.#refuseClosed();
    if (this.#table === undefined) {
      const all = withLimits<BucketLimits>({ maxBytes: MOST_BYTES }, limits);
      this.#table = new Table(this.name, all, this.#clock, this.#fading);
      return { made: true, differences: [], changed: false };
    }
    const differences = differencesOf({ ...this.#table.limits }, { ...limits });
    const changed = change && differences.length > 0;
    if (changed) this.#table.limits = withLimits(this.#table.limits, limits);
    return { made: false, differences, changed };
  }

  async get(key: string): Promise<BucketEntry | undefined> {
    refuseKey(key);
    return this.#standing().get(key);
  }

  async create(key: string, value: Uint8Array | string): Promise<number | 'exists'> {
    refuseKey(key);
    return this.#standing().revisionOf(key) === undefined ? this.#write(key, value) : 'exists';
  }

  async update(key: string, value: Uint8Array | string, revision: number): Promise<number | 'changed'> {
    refuseKey(key);
    return this.#standing().revisionOf(key) === revision ? this.#write(key, value) : 'changed';
  }

  async put(key: string, value: Uint8Array | string): Promise<number> {
    refuseKey(key);
    return this.#write(key, value);
  }

  async delete(key: string, { revision }: { revision?: number | undefined } = {}): Promise<'deleted' | 'changed'> {
    refuseKey(key);
    const table = this.#standing();
    const standing = table.revisionOf(key);
    if (revision !== undefined && standing !== revision) return 'changed';
    if (standing === undefined) return 'deleted';
    this.#revision += 1;
    table.delete(key, this.#revision);
    return 'deleted';
  }

  async keys(pattern?: string): Promise<readonly string[]> {
    if (pattern !== undefined) refuseKeyPattern(pattern);
    return this.#standing()
      .entries(pattern)
      .map(({ key }) => key)
      .sort();
  }

  async *watch(options: WatchOptions = {}): AsyncGenerator<BucketChange> {
    yield* this.#standing().watch(options, this.#over.signal);
  }

  async destroy(): Promise<void> {
    this.#refuseClosed();
    for (const { key, revision } of this.#table?.entries() ?? []) this.#table?.delete(key, revision);
    this.#table = undefined;
    this.#revision = 0;
  }

  async close(): Promise<void> {
    this.#over.abort();
    this.#table = undefined;
  }

  #write(key: string, given: Uint8Array | string): number {
    const table = this.#standing();
    const value = typeof given === 'string' ? given : bytesOf(given);
    const size = table.refuse(key, value);
    this.#revision += 1;
    this.#lastAt = Math.max(this.#lastAt, this.#clock.now());
    table.set({ key, value, revision: this.#revision, at: this.#lastAt }, size);
    return this.#revision;
  }

  #standing(): Table {
    this.#refuseClosed();
    if (this.#table === undefined) throw notThere('bucket', this.name, 'memory');
    return this.#table;
  }

  #refuseClosed(): void {
    if (this.#over.signal.aborted) throw isClosed('bucket', this.name);
  }
}
