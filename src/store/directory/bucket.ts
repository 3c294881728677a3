import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bucket, BucketChange, BucketEntry, BucketLimits, WatchOptions } from '../bucket.ts';
import { type StoreClock, storeClock } from '../clock.ts';
import { isClosed, notThere } from '../failure.ts';
import { checkLimits, refuseKey, refuseKeyPattern } from '../guards.ts';
import { bytesOf } from '../kept.ts';
import { differencesOf, withLimits } from '../limits.ts';
import type { Ensured } from '../stream.ts';
import { sizeOf, Table } from '../table.ts';
import { LogCursor, POLL_MS } from './cursor.ts';
import { realDisk } from './disk.ts';
import { failed, makeFolder, unless } from './files.ts';
import { Log } from './log.ts';
import type { LogRecord } from './record.ts';
import { basesIn, segmentPath } from './segment.ts';
import { numberIn, readShape, writeShape } from './shape.ts';
import type { DirectoryOptions } from './stream.ts';

const IN = 'buckets';
/** Merged when this much more stands in the log than its values need. */
const LOOSE_BYTES = 1024 * 1024;

/**
 * A bucket in a folder: a log of writes, and its values in memory. As with streams one process writes. Another one looks for
 * changes ten times a second while it watches, and whenever it reads.
 */
export class DirectoryBucket implements Bucket {
  readonly name: string;
  readonly #options: DirectoryOptions;
  readonly #folder: string;
  readonly #clock: StoreClock;
  readonly #table: Table;
  readonly #over = new AbortController();
  /** The latest write of each key that is under way: the next one waits for it, others do not. */
  readonly #writes = new Map<string, Promise<unknown>>();
  #log: Log | undefined;
  #opening: Promise<Log> | undefined;
  #promisedBytes = 0;
  #merging = false;
  /** What the files of the folder looked like when they were read. */
  #looked = '';
  #looking: Promise<void> = Promise.resolve();

  constructor(name: string, options: DirectoryOptions) {
    this.name = name;
    this.#options = options;
    this.#folder = join(options.path, IN, name);
    this.#clock = options.clock ?? storeClock;
    this.#table = new Table(name, {}, this.#clock);
  }

  async ensure(limits: BucketLimits, { change = false } = {}): Promise<Ensured> {
    checkLimits({ ...limits });
    let standing = await this.#findLimits();
    if (standing === undefined) {
      await makeFolder(this.#options.path, IN, this.name);
      await this.#writer();
      // Another process may have made it before we got the right to.
      standing = await this.#findLimits();
    }
    if (standing === undefined) {
      await this.#setLimits(limits);
      return { made: true, differences: [], changed: false };
    }
    const differences = differencesOf({ ...standing }, { ...limits });
    const changed = change && differences.length > 0;
    if (changed) await this.#setLimits(withLimits(standing, limits));
    return { made: false, differences, changed };
  }

  async get(key: string): Promise<BucketEntry | undefined> {
    refuseKey(key);
    await this.#look();
    return this.#table.get(key);
  }

  create(key: string, value: Uint8Array | string): Promise<number | 'exists'> {
    return this.#inTurn(key, async () => (this.#table.get(key) === undefined ? await this.#set(key, value) : 'exists'));
  }

  update(key: string, value: Uint8Array | string, revision: number): Promise<number | 'changed'> {
    return this.#inTurn(key, async () => {
      return this.#table.get(key)?.revision === revision ? await this.#set(key, value) : 'changed';
    });
  }

  put(key: string, value: Uint8Array | string): Promise<number> {
    return this.#inTurn(key, () => this.#set(key, value));
  }

  delete(key: string, { revision }: { revision?: number | undefined } = {}): Promise<'deleted' | 'changed'> {
    return this.#inTurn(key, async () => {
      const standing = this.#table.get(key);
      if (revision !== undefined && standing?.revision !== revision) return 'changed';
      if (standing === undefined) return 'deleted';
      const log = await this.#writer();
      await log.append({ description: { k: key, d: 1 }, data: new Uint8Array() }, (record) => this.#apply(record));
      this.#mergeWhenLoose(log);
      return 'deleted';
    });
  }

  async keys(pattern?: string): Promise<readonly string[]> {
    if (pattern !== undefined) refuseKeyPattern(pattern);
    await this.#look();
    return this.#table
      .entries(pattern)
      .map(({ key }) => key)
      .sort();
  }

  async *watch(options: WatchOptions = {}): AsyncGenerator<BucketChange> {
    await this.#look();
    const stop = new AbortController();
    const over = AbortSignal.any([this.#over.signal, stop.signal, ...(options.signal ? [options.signal] : [])]);
    let problem: unknown;
    const poll = (): void => {
      timer = this.#clock.after(POLL_MS, () => {
        this.#look().then(
          () => {
            if (!over.aborted) poll();
          },
          (error: unknown) => {
            problem = error;
            stop.abort();
          },
        );
      });
    };
    let timer: ReturnType<StoreClock['after']> | undefined;
    poll();
    over.addEventListener('abort', () => timer?.close(), { once: true });
    try {
      yield* this.#table.watch(options, over);
    } finally {
      stop.abort();
    }
    if (problem !== undefined && !this.#over.signal.aborted) throw problem;
  }

  async close(): Promise<void> {
    this.#over.abort();
    const log = await this.#opening?.catch(() => undefined);
    this.#log = undefined;
    await log?.close();
  }

  /** What is decided about a key is decided when the write before it is kept. */
  async #inTurn<T>(key: string, decide: () => Promise<T>): Promise<T> {
    refuseKey(key);
    if (this.#log === undefined) {
      if ((await this.#findLimits()) === undefined) throw notThere('bucket', this.name, this.#options.path);
      await this.#writer();
    }
    this.#refuseClosed();
    const before = this.#writes.get(key);
    const done = before === undefined ? decide() : before.then(decide, decide);
    this.#writes.set(key, done);
    try {
      return await done;
    } finally {
      if (this.#writes.get(key) === done) this.#writes.delete(key);
    }
  }

  async #set(key: string, given: Uint8Array | string): Promise<number> {
    const value = bytesOf(given);
    this.#table.refuse(key, value, this.#promisedBytes);
    const log = await this.#writer();
    const size = sizeOf(key, value);
    this.#promisedBytes += size;
    try {
      const { seq } = await log.append({ description: { k: key }, data: value }, (record) => this.#apply(record));
      this.#mergeWhenLoose(log);
      return seq;
    } finally {
      this.#promisedBytes -= size;
    }
  }

  #apply({ seq, at, description, data }: LogRecord): void {
    const { k: key, d: deleted } = description;
    if (key === undefined) return;
    if (deleted === 1) this.#table.delete(key, seq);
    else this.#table.set({ key, value: data, revision: seq, at });
  }

  #mergeWhenLoose(log: Log): void {
    const bytes = log.segments.reduce((sum, segment) => sum + segment.bytes, 0);
    if (this.#merging || bytes < 2 * this.#table.bytes + LOOSE_BYTES) return;
    this.#merging = true;
    const records = (): LogRecord[] =>
      this.#table
        .entries()
        .map(({ key, value, revision, at }) => ({ seq: revision, at, description: { k: key }, data: value }))
        .sort((a, b) => a.seq - b.seq);
    log
      .replaceAll(records)
      // It is only larger than it has to be; the next write tries again, or tells what is wrong with the disk.
      .catch(() => {})
      .finally(() => {
        this.#merging = false;
      });
  }

  /** Only who may write says what the limits are. */
  async #setLimits(limits: BucketLimits): Promise<void> {
    await this.#writer();
    await writeShape(this.#folder, 'bucket', limits);
    this.#table.limits = limits;
  }

  #writer(): Promise<Log> {
    this.#refuseClosed();
    this.#opening ??= this.#openLog().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #openLog(): Promise<Log> {
    const { disk = realDisk, tell = () => {} } = this.#options;
    const log = await Log.open(this.#folder, { limits: {}, clock: this.#clock, disk, tell });
    try {
      // From here on nobody else writes, and each write of ours is applied as it is kept.
      this.#table.limits = (await this.#findLimits()) ?? {};
      await this.#looking.catch(() => {});
      await this.#readAll(log);
    } catch (error) {
      await log.close();
      throw error;
    }
    this.#log = log;
    return log;
  }

  /** Brings the values up to what another process wrote. */
  async #look(): Promise<void> {
    this.#refuseClosed();
    if (this.#log !== undefined) return;
    const look = async (): Promise<void> => {
      const limits = await this.#findLimits();
      if (limits === undefined) throw notThere('bucket', this.name, this.#options.path);
      if (this.#log !== undefined || this.#opening !== undefined) return;
      this.#table.limits = limits;
      const looks = await this.#looksLike();
      if (looks === this.#looked) return;
      await this.#readAll(undefined);
      this.#looked = looks;
    };
    this.#looking = this.#looking.then(look, look);
    await this.#looking;
    await this.#opening?.catch(() => {});
  }

  /** Reads the whole log and tells those who watch what is different from before. */
  async #readAll(log: Log | undefined): Promise<void> {
    const found = new Map<string, LogRecord>();
    const cursor = new LogCursor(this.#folder, this.#clock, () => log, 0);
    try {
      for (let batch = await cursor.next(); batch.length > 0; batch = await cursor.next()) {
        for (const record of batch) {
          const { k: key } = record.description;
          if (key !== undefined) found.set(key, record);
        }
      }
    } catch (error) {
      throw failed(`read ${this.#folder}`, error);
    } finally {
      await cursor.close();
    }
    for (const { key, revision } of this.#table.entries()) if (!found.has(key)) this.#table.delete(key, revision);
    const { ttlMs = Number.POSITIVE_INFINITY } = this.#table.limits;
    for (const record of [...found.values()].sort((a, b) => a.seq - b.seq)) {
      const { k: key = '', d: deleted } = record.description;
      const standing = this.#table.get(key);
      const isNews = deleted === 1 ? standing !== undefined : standing?.revision !== record.seq;
      if (isNews && record.at + ttlMs > this.#clock.now()) this.#apply(record);
    }
  }

  async #looksLike(): Promise<string> {
    const looks: string[] = [];
    for (const base of await basesIn(this.#folder)) {
      const found = await stat(segmentPath(this.#folder, base)).catch(unless('ENOENT'));
      if (found !== undefined) looks.push(`${base} ${found.ino} ${found.size} ${found.mtimeMs}`);
    }
    return looks.join('\n');
  }

  async #findLimits(): Promise<BucketLimits | undefined> {
    this.#refuseClosed();
    return await readShape(this.#folder, 'bucket', limitsIn).catch((error: unknown) => {
      throw failed(`read ${this.#folder}`, error);
    });
  }

  #refuseClosed(): void {
    if (this.#over.signal.aborted) throw isClosed('bucket', this.name);
  }
}

function limitsIn(value: Readonly<Record<string, unknown>>): BucketLimits {
  return {
    ttlMs: numberIn(value.ttlMs),
    maxValueBytes: numberIn(value.maxValueBytes),
    maxBytes: numberIn(value.maxBytes),
  };
}
