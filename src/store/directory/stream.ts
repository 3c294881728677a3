import { join } from 'node:path';
import { type StoreClock, storeClock } from '../clock.ts';
import { isClosed, notThere, tooLarge } from '../failure.ts';
import { checkAppend, checkLimits, refuseForeign } from '../guards.ts';
import { bytesOf, headersOf, matchesChoice } from '../kept.ts';
import { dedupeMsOf, differencesOf, withLimits } from '../limits.ts';
import { type Source, SourceReading } from '../reading.ts';
import { RecentIds } from '../recent-ids.ts';
import type {
  Appended,
  AppendOptions,
  Ensured,
  Kept,
  PurgeChoice,
  Reading,
  ReadOptions,
  Stream,
  StreamInfo,
  StreamLimits,
} from '../stream.ts';
import { LogCursor } from './cursor.ts';
import { type Disk, realDisk } from './disk.ts';
import { failed, makeFolder } from './files.ts';
import { Log, type LogNews } from './log.ts';
import { HEADER_BYTES, type LogRecord, sizeOf } from './record.ts';
import type { Segment } from './segment.ts';
import { numberIn, readShape, writeShape } from './shape.ts';
import { surveyFolder } from './survey.ts';

export interface DirectoryOptions {
  /** Made when it is not there. Streams and buckets stand in folders of their own below. */
  readonly path: string;
  readonly clock?: StoreClock | undefined;
  /** What a writer found when it began: a torn end, damage, a right taken over from the dead. */
  readonly tell?: ((news: LogNews) => void) | undefined;
  /** For tests. */
  readonly disk?: Disk | undefined;
}

const IN = 'streams';

/**
 * A stream in a folder. Reading takes no right and can be done by any process; the right to write is taken by the first
 * call that writes, and is held until `close`.
 */
export class DirectoryStream implements Stream {
  readonly name: string;
  readonly #options: DirectoryOptions;
  readonly #folder: string;
  readonly #clock: StoreClock;
  readonly #ids = new RecentIds();
  /** Appends of these ids are on their way. */
  readonly #coming = new Map<string, Promise<LogRecord>>();
  readonly #over = new AbortController();
  #log: Log | undefined;
  #opening: Promise<Log> | undefined;
  #limits: StreamLimits | undefined;

  constructor(name: string, options: DirectoryOptions) {
    this.name = name;
    this.#options = options;
    this.#folder = join(options.path, IN, name);
    this.#clock = options.clock ?? storeClock;
  }

  async ensure(limits: StreamLimits, { change = false } = {}): Promise<Ensured> {
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
    const differences = differencesOf({ ...standing, dedupeMs: dedupeMsOf(standing) }, { ...limits });
    const changed = change && differences.length > 0;
    if (changed) await this.#setLimits(withLimits(standing, limits));
    return { made: false, differences, changed };
  }

  async append(data: Uint8Array | string, options: AppendOptions = {}): Promise<Appended> {
    const limits = await this.#standing();
    const subject = checkAppend(options, limits.subjects);
    const { id, headers } = options;
    const draft = { description: { s: subject, i: id, h: headersOf(headers) }, data: bytesOf(data) };
    const size = sizeOf(draft) + HEADER_BYTES;
    if (limits.maxBytes !== undefined && size > limits.maxBytes) {
      throw tooLarge(`a message for the stream ${JSON.stringify(this.name)}`, size, limits.maxBytes);
    }
    const log = await this.#writer();
    if (id === undefined) return { seq: (await log.append(draft)).seq, duplicate: false };
    const known = this.#ids.find(id, this.#clock.now(), dedupeMsOf(limits));
    if (known !== undefined) return { seq: known, duplicate: true };
    const coming = this.#coming.get(id);
    if (coming !== undefined) return { seq: (await coming).seq, duplicate: true };
    const appended = log.append(draft, ({ seq, at }) => this.#ids.add(id, seq, at));
    this.#coming.set(id, appended);
    try {
      return { seq: (await appended).seq, duplicate: false };
    } finally {
      this.#coming.delete(id);
    }
  }

  read(options: ReadOptions = {}): Reading {
    const { signal } = options;
    const over = this.#over.signal;
    return new SourceReading(this.#source(options.subject), {
      ...options,
      signal: signal === undefined ? over : AbortSignal.any([signal, over]),
    });
  }

  async info(): Promise<StreamInfo> {
    const limits = await this.#standing();
    await this.#log?.evict();
    const segments = await this.#segments();
    const messages = segments.reduce((sum, { count }) => sum + count, 0);
    const { first, last } = boundsOf(segments);
    return {
      name: this.name,
      limits: { ...limits, dedupeMs: dedupeMsOf(limits) },
      first,
      last,
      messages,
      bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
      evicted: last - messages,
    };
  }

  async purge(choice: PurgeChoice = {}): Promise<number> {
    const goes = matchesChoice(choice);
    await this.#standing();
    const log = await this.#writer();
    return await log
      .removeWhere(({ seq, description }) => goes({ seq, subject: description.s }))
      .catch((error: unknown) => {
        throw failed(`purge ${this.#folder}`, error);
      });
  }

  async close(): Promise<void> {
    this.#over.abort();
    const log = await this.#opening?.catch(() => undefined);
    this.#log = undefined;
    await log?.close();
  }

  /** Only who may write says what the limits are. */
  async #setLimits(limits: StreamLimits): Promise<void> {
    const log = await this.#writer();
    await writeShape(this.#folder, 'stream', limits);
    this.#limits = limits;
    log.limits = limits;
    await log.evict();
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
    const limits = (await this.#findLimits()) ?? {};
    const log = await Log.open(this.#folder, { limits, clock: this.#clock, disk, tell });
    try {
      await this.#rememberIds(log, this.#clock.now() - dedupeMsOf(limits));
    } catch (error) {
      await log.close();
      throw error;
    }
    this.#log = log;
    return log;
  }

  /** The ids of what came within the window before we did. */
  async #rememberIds(log: Log, since: number): Promise<void> {
    const recent = log.segments.find(({ count, lastAt }) => count > 0 && lastAt > since);
    if (recent === undefined) return;
    const cursor = new LogCursor(this.#folder, this.#clock, () => log, recent.first);
    try {
      for (let batch = await cursor.next(); batch.length > 0; batch = await cursor.next()) {
        for (const { seq, at, description } of batch) {
          if (description.i !== undefined && at > since) this.#ids.add(description.i, seq, at);
        }
      }
    } finally {
      await cursor.close();
    }
  }

  async #standing(): Promise<StreamLimits> {
    this.#refuseClosed();
    const limits = this.#log === undefined ? await this.#findLimits() : this.#limits;
    if (limits === undefined) throw notThere('stream', this.name, this.#options.path);
    this.#limits = limits;
    return limits;
  }

  async #findLimits(): Promise<StreamLimits | undefined> {
    this.#refuseClosed();
    return await readShape(this.#folder, 'stream', limitsIn).catch((error: unknown) => {
      throw failed(`read ${this.#folder}`, error);
    });
  }

  async #segments(): Promise<readonly Segment[]> {
    return this.#log?.segments ?? (await surveyFolder(this.#folder)).map(({ segment }) => segment);
  }

  /** A sequence from which everything of this time and later is found. */
  async #since(time: number): Promise<number> {
    const segments = await this.#segments();
    const found = segments.find(({ count, lastAt }) => count > 0 && lastAt >= time);
    return found?.first ?? (segments.at(-1)?.last ?? 0) + 1;
  }

  #source(subject: string | undefined): Source {
    return {
      bounds: async () => {
        refuseForeign(subject, (await this.#standing()).subjects);
        await this.#log?.evict();
        return boundsOf(await this.#segments());
      },
      cursor: (from) => {
        const start = 'seq' in from ? from.seq : () => this.#since(from.time);
        const cursor = new LogCursor(this.#folder, this.#clock, () => this.#log, start);
        return {
          next: async () => (await cursor.next()).map(keptOf),
          more: (signal) => cursor.more(signal),
          close: () => cursor.close(),
        };
      },
    };
  }

  #refuseClosed(): void {
    if (this.#over.signal.aborted) throw isClosed('stream', this.name);
  }
}

function boundsOf(segments: readonly Segment[]): { first: number; last: number } {
  const last = segments.at(-1)?.last ?? 0;
  return { first: segments.find(({ count }) => count > 0)?.first ?? last + 1, last };
}

function keptOf({ seq, at, description, data }: LogRecord): Kept {
  const { s: subject, i: id, h: headers } = description;
  return { kind: 'kept', seq, at, subject, data, headers, id };
}

function limitsIn(value: Readonly<Record<string, unknown>>): StreamLimits {
  const { subjects } = value;
  return {
    subjects: Array.isArray(subjects) ? subjects.filter((each) => typeof each === 'string') : undefined,
    maxMessages: numberIn(value.maxMessages),
    maxBytes: numberIn(value.maxBytes),
    maxAgeMs: numberIn(value.maxAgeMs),
    dedupeMs: numberIn(value.dedupeMs),
  };
}
