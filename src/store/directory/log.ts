import { rm } from 'node:fs/promises';
import { HeddleError } from '../../errors.ts';
import type { Clock } from '../../time/clock.ts';
import { Waiting } from '../waiting.ts';
import { WriterClaim } from './claim.ts';
import type { Disk } from './disk.ts';
import { failed } from './files.ts';
import { type Draft, encode, type LogRecord, sizeOf } from './record.ts';
import { type LogNews, recover } from './recover.ts';
import { fullAt, type Retention, surplus } from './retention.ts';
import { type Segment, segmentPath, withRecord } from './segment.ts';
import { type ActiveSegment, newSegment, readSegment, rewriteSegment } from './segment-files.ts';
import { noteSegments } from './survey.ts';

const BATCH_BYTES = 4 * 1024 * 1024;

export interface LogOptions {
  readonly limits: Retention;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly tell: (news: LogNews) => void;
}

interface Queued {
  readonly draft: Draft;
  readonly size: number;
  readonly kept: (record: LogRecord) => void;
  readonly refused: (error: HeddleError) => void;
}

/**
 * The writer of a folder of segments. Appends that wait at the same time are written and synced together: a disk that syncs
 * two hundred times a second takes tens of thousands of them.
 */
export class Log {
  readonly news = new Waiting();
  limits: Retention;
  readonly #folder: string;
  readonly #claim: WriterClaim;
  readonly #clock: Clock;
  readonly #disk: Disk;
  #sealed: Segment[];
  #active: ActiveSegment;
  #queue: Queued[] = [];
  #committing = false;
  /** Writing, evicting and rewriting, one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #broken: HeddleError | undefined;

  private constructor(
    folder: string,
    claim: WriterClaim,
    options: LogOptions,
    sealed: Segment[],
    active: ActiveSegment,
  ) {
    this.#folder = folder;
    this.#claim = claim;
    this.#clock = options.clock;
    this.#disk = options.disk;
    this.limits = options.limits;
    this.#sealed = sealed;
    this.#active = active;
  }

  /** Throws `store_busy` while another writes there. */
  static async open(folder: string, options: LogOptions): Promise<Log> {
    const { clock, tell } = options;
    const claim = await WriterClaim.take(folder, clock, ({ pid }) => tell({ kind: 'taken_over', path: folder, pid }));
    try {
      const { sealed, active } = await recover(folder, tell);
      return new Log(folder, claim, options, sealed, active);
    } catch (error) {
      await claim.release();
      throw failed(`open ${folder}`, error);
    }
  }

  get segments(): readonly Segment[] {
    return [...this.#sealed, this.#active.segment];
  }

  /** The highest sequence that was given. */
  get last(): number {
    return this.#active.segment.last;
  }

  /** Up to where a segment may be read; undefined where all of it may. */
  confirmedIn(base: number): number | undefined {
    return base === this.#active.segment.base ? this.#active.segment.bytes : undefined;
  }

  /** Resolves when it is on the disk. `kept` is called before anybody else can see it. */
  append(draft: Draft, kept: (record: LogRecord) => void = () => {}): Promise<LogRecord> {
    return new Promise((resolve, reject) => {
      if (this.#broken !== undefined) throw this.#broken;
      const size = sizeOf(draft);
      this.#queue.push({
        draft,
        size,
        kept: (record) => {
          kept(record);
          resolve(record);
        },
        refused: reject,
      });
      this.#commitSoon();
    });
  }

  /** Evicts what is too old by now. */
  async evict(): Promise<void> {
    // Mostly there is nothing, and who only looks need not wait for the disk.
    if (this.#surplus(0, 0) > 0) await this.#inTurn(() => this.#makeRoom(0, 0));
  }

  /** Removes the records that are not to be kept. Returns how many. */
  async removeWhere(goes: (record: LogRecord) => boolean): Promise<number> {
    return await this.#inTurn(async () => {
      await this.#roll();
      let removed = 0;
      const left: Segment[] = [];
      for (const segment of this.#sealed) {
        const records = await readSegment(this.#folder, segment.base);
        const stay = records.filter((record) => !goes(record));
        removed += records.length - stay.length;
        if (stay.length === records.length) left.push(segment);
        else if (stay.length === 0) await rm(segmentPath(this.#folder, segment.base));
        else left.push(await rewriteSegment(this.#folder, segment.base, stay));
      }
      await this.#note(left);
      return removed;
    });
  }

  /** Puts these records in the place of all that was written so far. Called when nothing is being written. */
  async replaceAll(records: () => readonly LogRecord[]): Promise<void> {
    await this.#inTurn(async () => {
      await this.#roll();
      const [oldest, ...others] = this.#sealed;
      if (oldest === undefined) return;
      const left = [await rewriteSegment(this.#folder, oldest.base, records())];
      // In order: what deletes a key goes after what set it, so that a reader of the rest never sees it again.
      for (const { base } of others) await rm(segmentPath(this.#folder, base));
      await this.#note(left);
    });
  }

  /** What was appended before is kept first. */
  async close(): Promise<void> {
    while (this.#queue.length > 0 || this.#committing) await this.#inTurn(async () => {});
    this.#broken ??= new HeddleError('store_failed', `the log in ${this.#folder} was closed`, { retryable: false });
    await this.#inTurn(async () => {
      await this.#active.file.close();
      await this.#claim.release();
    });
    this.news.wake();
  }

  #commitSoon(): void {
    if (this.#committing || this.#queue.length === 0) return;
    this.#committing = true;
    void this.#inTurn(() => this.#commit()).then(() => {
      this.#committing = false;
      this.#commitSoon();
    });
  }

  /** Never rejects: who appended is told. */
  async #commit(): Promise<void> {
    let batch: Queued[] = [];
    try {
      if (this.#broken !== undefined) throw this.#broken;
      await this.#claim.confirm();
      const now = Math.max(Math.floor(this.#clock.now()), ...this.segments.map(({ lastAt }) => lastAt));
      await this.#rollWhenFull(now);
      batch = this.#takeFitting();
      await this.#makeRoom(
        batch.reduce((sum, { size }) => sum + size, 0),
        batch.length,
      );
      await this.#write(batch, now);
    } catch (error) {
      const problem = failed(`write in ${this.#folder}`, error);
      const refused = batch.length > 0 ? batch : this.#queue.splice(0);
      for (const each of refused) each.refused(problem);
    }
  }

  async #write(batch: readonly Queued[], at: number): Promise<void> {
    const active = this.#active;
    const start = active.segment.bytes;
    const records = batch.map(({ draft }, index) => ({ ...draft, seq: active.segment.last + 1 + index, at }));
    const parts = records.map((record) => encode(record, active.salt));
    try {
      await this.#disk.write(active.file, Buffer.concat(parts), start);
    } catch (error) {
      // Whatever got there is no record that was confirmed; the next ones go in its place.
      await active.file.truncate(start).catch((cause: unknown) => this.#break(cause));
      throw error;
    }
    // After a sync that failed nobody knows what is on the disk; only reading it again tells.
    await this.#disk.sync(active.file).catch((cause: unknown) => {
      throw this.#break(cause);
    });
    let end = start;
    for (const [index, record] of records.entries()) {
      end += parts[index]?.length ?? 0;
      active.segment = withRecord(active.segment, record, end);
      batch[index]?.kept(record);
    }
    this.news.wake();
  }

  #break(cause: unknown): HeddleError {
    this.#broken ??= new HeddleError('store_failed', `${failed(`write in ${this.#folder}`, cause).message}`, {
      hint: 'Nothing more is written there before it is opened again.',
      cause,
      retryable: false,
    });
    return this.#broken;
  }

  #takeFitting(): Queued[] {
    const full = fullAt(this.limits);
    let { bytes, count } = this.#active.segment;
    let length = 0;
    let sum = 0;
    for (const { size } of this.#queue) {
      const fits = bytes + size <= full.bytes && count < full.messages && sum + size <= BATCH_BYTES;
      // One that is larger than a segment should be has one of its own.
      if (!fits && length > 0) break;
      bytes += size;
      count += 1;
      sum += size;
      length += 1;
    }
    return this.#queue.splice(0, length);
  }

  async #rollWhenFull(now: number): Promise<void> {
    const [next] = this.#queue;
    const { count, bytes, firstAt } = this.#active.segment;
    if (next === undefined || count === 0) return;
    const full = fullAt(this.limits);
    if (bytes + next.size > full.bytes || count >= full.messages || now - firstAt >= full.ageMs) await this.#roll();
  }

  async #makeRoom(bytes: number, messages: number): Promise<void> {
    if (this.#surplus(bytes, messages) > this.#sealed.length) await this.#roll();
    const gone = Math.min(this.#surplus(bytes, messages), this.#sealed.length);
    if (gone === 0) return;
    for (const { base } of this.#sealed.slice(0, gone)) await rm(segmentPath(this.#folder, base), { force: true });
    await this.#note(this.#sealed.slice(gone));
  }

  #surplus(bytes: number, messages: number): number {
    return surplus(this.segments, this.limits, this.#clock.now(), { bytes, messages });
  }

  /** The next record begins a new segment. */
  async #roll(): Promise<void> {
    const { segment, file } = this.#active;
    if (segment.count === 0) return;
    this.#active = await newSegment(this.#folder, segment.last + 1);
    await file.close();
    await this.#note([...this.#sealed, segment]);
  }

  async #note(sealed: Segment[]): Promise<void> {
    this.#sealed = sealed;
    await noteSegments(this.#folder, sealed);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.then(
      () => {},
      () => {},
    );
    return done;
  }
}
