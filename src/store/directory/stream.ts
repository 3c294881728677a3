import { tooLarge } from '../failure.ts';
import { checkAppend, refuseForeign } from '../guards.ts';
import { bytesOf, headersOf, matchesChoice } from '../kept.ts';
import { dedupeMsOf } from '../limits.ts';
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
import { failed } from './files.ts';
import { type DirectoryOptions, KeptFolder } from './kept-folder.ts';
import type { Log } from './log.ts';
import { HEADER_BYTES, type LogRecord, sizeOf } from './record.ts';
import type { Segment } from './segment.ts';
import { streamLimitsIn } from './shape.ts';
import { surveyFolder } from './survey.ts';

/** A stream in a folder: segments of records, each on the disk before its append is confirmed. */
export class DirectoryStream implements Stream {
  readonly name: string;
  readonly #folder: KeptFolder<StreamLimits>;
  readonly #ids = new RecentIds();
  /** Appends of these ids are on their way. */
  readonly #coming = new Map<string, Promise<LogRecord>>();

  constructor(name: string, options: DirectoryOptions) {
    this.name = name;
    this.#folder = new KeptFolder(name, options, {
      kind: 'stream',
      limitsIn: streamLimitsIn,
      retention: (limits) => limits,
      compared: (is) => ({ ...is, dedupeMs: dedupeMsOf(is) }),
      opened: (log, limits) => this.#rememberIds(log, this.#folder.clock.now() - dedupeMsOf(limits)),
    });
  }

  ensure(limits: StreamLimits, { change = false } = {}): Promise<Ensured> {
    return this.#folder.ensure(limits, change);
  }

  async append(data: Uint8Array | string, options: AppendOptions = {}): Promise<Appended> {
    const { id, headers } = options;
    const bytes = bytesOf(data);
    const limits = await this.#folder.limits();
    const subject = checkAppend(options, limits.subjects);
    const draft = { description: { s: subject, i: id, h: headersOf(headers) }, data: bytes };
    const size = sizeOf(draft) + HEADER_BYTES;
    if (limits.maxBytes !== undefined && size > limits.maxBytes) {
      throw tooLarge(`a message for the stream ${JSON.stringify(this.name)}`, size, limits.maxBytes);
    }
    const log = await this.#folder.writer();
    if (id === undefined) return { seq: (await log.append(draft)).seq, duplicate: false };
    const known = this.#ids.find(id, this.#folder.clock.now(), dedupeMsOf(limits));
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
    const { over } = this.#folder;
    return new SourceReading(this.#source(options.subject), {
      ...options,
      signal: signal === undefined ? over : AbortSignal.any([signal, over]),
    });
  }

  async info(): Promise<StreamInfo> {
    const limits = await this.#folder.limits();
    const segments = await this.#segments();
    const messages = segments.reduce((sum, { count }) => sum + count, 0);
    const { first, last } = boundsOf(segments);
    return {
      name: this.name,
      limits: { ...limits, dedupeMs: dedupeMsOf(limits) },
      first,
      last,
      firstAt: segments.find(({ count }) => count > 0)?.firstAt,
      messages,
      bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
      evicted: last - messages,
    };
  }

  async purge(choice: PurgeChoice = {}): Promise<number> {
    return await this.#removeWhere(matchesChoice(choice));
  }

  remove(seqs: readonly number[]): Promise<number> {
    const gone = new Set(seqs);
    return this.#removeWhere(({ seq }) => gone.has(seq));
  }

  destroy(): Promise<void> {
    return this.#folder.destroy();
  }

  close(): Promise<void> {
    return this.#folder.close();
  }

  async #removeWhere(goes: (kept: Pick<Kept, 'seq' | 'subject'>) => boolean): Promise<number> {
    await this.#folder.limits();
    const log = await this.#folder.writer();
    try {
      return await log.removeWhere(({ seq, description }) => goes({ seq, subject: description.s }));
    } catch (error) {
      throw failed(`purge ${this.#folder.path}`, error);
    }
  }

  /** The ids of what came within the window before we did. */
  async #rememberIds(log: Log, since: number): Promise<void> {
    const recent = log.segments.find(({ count, lastAt }) => count > 0 && lastAt > since);
    if (recent === undefined) return;
    const cursor = new LogCursor(this.#folder.path, this.#folder.clock, () => log, recent.first);
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

  async #segments(): Promise<readonly Segment[]> {
    const { log, path, unreadable } = this.#folder;
    if (log === undefined) return (await surveyFolder(path).catch(unreadable)).map(({ segment }) => segment);
    await log.evict();
    return log.segments;
  }

  /** A sequence from which everything of this time and later is found. */
  async #since(time: number): Promise<number> {
    const segments = await this.#segments();
    const found = segments.find(({ count, lastAt }) => count > 0 && lastAt >= time);
    return found?.first ?? boundsOf(segments).last + 1;
  }

  #source(subject: string | undefined): Source {
    const { path, clock, unreadable } = this.#folder;
    return {
      bounds: async () => {
        refuseForeign(subject, (await this.#folder.limits()).subjects);
        return boundsOf(await this.#segments());
      },
      cursor: (from) => {
        const start = 'seq' in from ? from.seq : () => this.#since(from.time);
        const cursor = new LogCursor(path, clock, () => this.#folder.log, start);
        return {
          next: async () => (await cursor.next().catch(unreadable)).map(keptOf),
          more: (signal) => cursor.more(signal),
          close: () => cursor.close(),
        };
      },
    };
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
