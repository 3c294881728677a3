import { sleep } from '../../time/wait.ts';
import type { Bucket, BucketChange, BucketEntry, BucketLimits, WatchOptions } from '../bucket.ts';
import { refuseKey, refuseKeyPattern } from '../guards.ts';
import { bytesOf } from '../kept.ts';
import type { Ensured } from '../stream.ts';
import { sizeOf, Table } from '../table.ts';
import { latestIn, looksOf } from './bucket-files.ts';
import { POLL_MS } from './cursor.ts';
import { type DirectoryOptions, KeptFolder } from './kept-folder.ts';
import type { Log } from './log.ts';
import type { LogRecord } from './record.ts';
import { bucketLimitsIn } from './shape.ts';

/** Merged when this much more stands in the log than its values need. */
const LOOSE_BYTES = 1024 * 1024;

/**
 * A bucket in a folder: a log of writes, and its values in memory. As with streams one process writes. Another one looks for
 * changes ten times a second while it watches, and whenever it reads.
 */
export class DirectoryBucket implements Bucket {
  readonly name: string;
  readonly #folder: KeptFolder<BucketLimits>;
  readonly #table: Table;
  /** The latest write of each key that is under way: the next one waits for it, others do not. */
  readonly #writes = new Map<string, Promise<unknown>>();
  /** Bytes of values on their way. */
  #promised = 0;
  #merging = false;
  /** What the files of the folder looked like when they were read. */
  #looked = '';
  #looking: Promise<void> = Promise.resolve();

  constructor(name: string, options: DirectoryOptions) {
    this.name = name;
    this.#folder = new KeptFolder(name, options, {
      kind: 'bucket',
      limitsIn: bucketLimitsIn,
      retention: () => ({}),
      compared: (is) => ({ ...is }),
      opened: (log, limits) => this.#begin(log, limits),
    });
    this.#table = new Table(name, {}, this.#folder.clock);
  }

  async ensure(limits: BucketLimits, { change = false } = {}): Promise<Ensured> {
    const ensured = await this.#folder.ensure(limits, change);
    this.#table.limits = await this.#folder.limits();
    return ensured;
  }

  async get(key: string): Promise<BucketEntry | undefined> {
    refuseKey(key);
    await this.#look();
    return this.#table.get(key);
  }

  create(key: string, value: Uint8Array | string): Promise<number | 'exists'> {
    return this.#inTurn(key, value, async (bytes) => {
      return this.#table.get(key) === undefined ? await this.#set(key, bytes) : 'exists';
    });
  }

  update(key: string, value: Uint8Array | string, revision: number): Promise<number | 'changed'> {
    return this.#inTurn(key, value, async (bytes) => {
      return this.#table.get(key)?.revision === revision ? await this.#set(key, bytes) : 'changed';
    });
  }

  put(key: string, value: Uint8Array | string): Promise<number> {
    return this.#inTurn(key, value, (bytes) => this.#set(key, bytes));
  }

  delete(key: string, { revision }: { revision?: number | undefined } = {}): Promise<'deleted' | 'changed'> {
    return this.#inTurn(key, '', async (nothing) => {
      const standing = this.#table.get(key);
      if (revision !== undefined && standing?.revision !== revision) return 'changed';
      if (standing !== undefined) await this.#append({ k: key, d: 1 }, nothing);
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
    const ends = [this.#folder.over, stop.signal, ...(options.signal ? [options.signal] : [])];
    const over = AbortSignal.any(ends);
    let problem: unknown;
    const lookAgain = async (): Promise<void> => {
      for (;;) {
        await sleep(this.#folder.clock, POLL_MS, over);
        if (over.aborted) return;
        await this.#look();
      }
    };
    lookAgain().catch((error: unknown) => {
      problem = error;
      stop.abort();
    });
    try {
      yield* this.#table.watch(options, over);
    } finally {
      stop.abort();
    }
    if (problem !== undefined && !this.#folder.over.aborted) throw problem;
  }

  async destroy(): Promise<void> {
    await this.#folder.destroy();
    for (const { key, revision } of this.#table.entries()) this.#table.delete(key, revision);
    this.#looked = '';
  }

  close(): Promise<void> {
    return this.#folder.close();
  }

  /** What is decided about a key is decided when the write before it is kept. */
  async #inTurn<T>(key: string, value: Uint8Array | string, decide: (bytes: Uint8Array) => Promise<T>): Promise<T> {
    refuseKey(key);
    const bytes = bytesOf(value);
    await this.#folder.limits();
    await this.#folder.writer();
    const before = this.#writes.get(key);
    const run = (): Promise<T> => decide(bytes);
    const done = before === undefined ? run() : before.then(run, run);
    this.#writes.set(key, done);
    try {
      return await done;
    } finally {
      if (this.#writes.get(key) === done) this.#writes.delete(key);
    }
  }

  async #set(key: string, value: Uint8Array): Promise<number> {
    this.#table.refuse(key, value, this.#promised);
    const size = sizeOf(key, value);
    this.#promised += size;
    try {
      return (await this.#append({ k: key }, value)).seq;
    } finally {
      this.#promised -= size;
    }
  }

  async #append(description: LogRecord['description'], data: Uint8Array): Promise<LogRecord> {
    const log = await this.#folder.writer();
    const record = await log.append({ description, data }, (each) => this.#apply(each));
    this.#mergeWhenLoose(log);
    return record;
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

  /** From here on nobody else writes, and each write of ours is applied as it is kept. */
  async #begin(log: Log, limits: BucketLimits): Promise<void> {
    await this.#looking.catch(() => {});
    this.#table.limits = limits;
    await this.#bringUp(log);
  }

  /** Brings the values up to what another process wrote. */
  async #look(): Promise<void> {
    const folder = this.#folder;
    const limits = await folder.limits();
    if (!folder.isWriter) {
      const look = async (): Promise<void> => {
        if (folder.isWriter) return;
        this.#table.limits = limits;
        const looks = await looksOf(folder.path).catch(folder.unreadable);
        if (looks !== this.#looked) await this.#bringUp(undefined);
        this.#looked = looks;
      };
      this.#looking = this.#looking.then(look, look);
      await this.#looking;
    }
    if (folder.isWriter && folder.log === undefined) await folder.writer().catch(() => {});
    folder.refuseClosed();
  }

  /** Reads the whole log and tells those who watch what is different from before. */
  async #bringUp(log: Log | undefined): Promise<void> {
    const { path, clock, unreadable } = this.#folder;
    const latest = await latestIn(path, clock, log).catch(unreadable);
    for (const { key, revision } of this.#table.entries()) if (!latest.has(key)) this.#table.delete(key, revision);
    const { ttlMs = Number.POSITIVE_INFINITY } = this.#table.limits;
    for (const record of latest.values()) {
      const { k: key = '', d: deleted } = record.description;
      const standing = this.#table.get(key);
      const isNews = deleted === 1 ? standing !== undefined : standing?.revision !== record.seq;
      if (isNews && record.at + ttlMs > clock.now()) this.#apply(record);
    }
  }
}
