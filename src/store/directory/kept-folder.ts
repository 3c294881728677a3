import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../time/clock.ts';
import type { BucketLimits } from '../bucket.ts';
import { isClosed, notThere } from '../failure.ts';
import { checkLimits } from '../guards.ts';
import { differencesOf, type Limit, withLimits } from '../limits.ts';
import { refuseForeignFolder } from '../shared-folder.ts';
import type { Ensured, StreamLimits } from '../stream.ts';
import { type Disk, realDisk } from './disk.ts';
import { failed, makeFolder } from './files.ts';
import { Log } from './log.ts';
import type { LogNews } from './recover.ts';
import type { Retention } from './retention.ts';
import { readShape, removeShape, writeShape } from './shape.ts';

export interface DirectoryOptions {
  /** Made when it is not there. Streams and buckets stand in folders of their own below. */
  readonly path: string;
  readonly clock?: Clock | undefined;
  /** What a writer found when it began: a torn end, damage, a right taken over from the dead. */
  readonly tell?: ((news: LogNews) => void) | undefined;
  /** For tests. */
  readonly disk?: Disk | undefined;
}

interface Kind<Limits> {
  readonly kind: 'stream' | 'bucket';
  limitsIn(value: Readonly<Record<string, unknown>>): Limits;
  /** What its log evicts by itself. */
  retention(limits: Limits): Retention;
  /** What `is` stands for, with the defaults that apply. */
  compared(is: Limits): Readonly<Record<string, Limit | undefined>>;
  /** Called once this process may write, before it does. */
  opened(log: Log, limits: Limits): Promise<void>;
}

/**
 * The folder of a stream or a bucket. Reading takes no right and can be done by any process; the right to write is taken by
 * the first call that writes, and is held until `close`.
 */
export class KeptFolder<Limits extends StreamLimits | BucketLimits> {
  readonly path: string;
  readonly clock: Clock;
  readonly #name: string;
  readonly #options: DirectoryOptions;
  readonly #kind: Kind<Limits>;
  readonly #over = new AbortController();
  #log: Log | undefined;
  #opening: Promise<Log> | undefined;
  /** As long as we write, nobody else changes them. */
  #limits: Limits | undefined;

  constructor(name: string, options: DirectoryOptions, kind: Kind<Limits>) {
    this.#name = name;
    this.#options = options;
    this.#kind = kind;
    this.path = join(options.path, `${kind.kind}s`, name);
    this.clock = options.clock ?? systemClock;
  }

  /** Aborts when it is closed. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** While this process writes. */
  get log(): Log | undefined {
    return this.#log;
  }

  /** While this process is about to write, or does. */
  get isWriter(): boolean {
    return this.#opening !== undefined;
  }

  async ensure(limits: Limits, change: boolean): Promise<Ensured> {
    checkLimits(limits);
    let standing = await this.#find();
    if (standing === undefined) {
      await makeFolder(this.#options.path, `${this.#kind.kind}s`, this.#name);
      await this.writer();
      // Another process may have made it before we got the right to.
      standing = await this.#find();
    }
    if (standing === undefined) {
      await this.#set(limits);
      return { made: true, differences: [], changed: false };
    }
    const wanted: StreamLimits & BucketLimits = limits;
    const differences = differencesOf(this.#kind.compared(standing), { ...wanted });
    const changed = change && differences.length > 0;
    if (changed) await this.#set(withLimits(standing, limits));
    return { made: false, differences, changed };
  }

  /** Throws `no_match` when it was never ensured. */
  async limits(): Promise<Limits> {
    this.refuseClosed();
    const limits = (this.#log && this.#limits) ?? (await this.#find());
    if (limits === undefined) throw notThere(this.#kind.kind, this.#name, this.#options.path);
    return limits;
  }

  writer(): Promise<Log> {
    this.refuseClosed();
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /** Removes the folder and what is in it, when nobody else writes there. */
  async destroy(): Promise<void> {
    if ((await this.#find()) === undefined) return;
    const log = await this.writer();
    this.#log = undefined;
    this.#limits = undefined;
    // From here on there is no stream or bucket, whatever happens to the rest.
    await removeShape(this.path).catch(this.unreadable);
    await log.close();
    this.#opening = undefined;
    await rm(this.path, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    this.#over.abort();
    const log = await this.#opening?.catch(() => undefined);
    this.#log = undefined;
    await log?.close();
  }

  refuseClosed(): void {
    if (this.over.aborted) throw isClosed(this.#kind.kind, this.#name);
  }

  /** For `catch`. */
  readonly unreadable = (error: unknown): never => {
    throw failed(`read ${this.path}`, error);
  };

  async #open(): Promise<Log> {
    const { disk = realDisk, tell = () => {} } = this.#options;
    await refuseForeignFolder(this.#options.path);
    const limits = await this.#find();
    const retention = limits === undefined ? {} : this.#kind.retention(limits);
    const log = await Log.open(this.path, { limits: retention, clock: this.clock, disk, tell });
    try {
      // Read again: until we had the right to write, another could change them.
      this.#limits = await this.#find();
      await this.#kind.opened(log, this.#limits ?? this.#kind.limitsIn({}));
    } catch (error) {
      await log.close();
      throw error;
    }
    if (this.#limits !== undefined) log.limits = this.#kind.retention(this.#limits);
    this.#log = log;
    return log;
  }

  async #set(limits: Limits): Promise<void> {
    const log = await this.writer();
    await writeShape(this.path, this.#kind.kind, limits).catch((error: unknown) => {
      throw failed(`write in ${this.path}`, error);
    });
    this.#limits = limits;
    log.limits = this.#kind.retention(limits);
    await log.evict();
  }

  async #find(): Promise<Limits | undefined> {
    this.refuseClosed();
    return await readShape(this.path, this.#kind.kind, (value) => this.#kind.limitsIn(value)).catch(this.unreadable);
  }
}
