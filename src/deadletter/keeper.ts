import type { HeddleError } from '../errors.ts';
import type { DirectoryHomeOptions } from '../letters/directory-home.ts';
import { WATCHED } from '../letters/layout.ts';
import { type Letter, letterOf } from '../letters/letter.ts';
import { encodeRecord, judgeRecord, type KeptRecord } from '../letters/record.ts';
import { openStream } from '../store/open.ts';
import type { Stream, StreamLimits } from '../store/stream.ts';
import { gapHeaders, type SeenGap } from './gap.ts';

export interface KeeperOptions extends DirectoryHomeOptions {
  readonly limits: StreamLimits;
  /** It is on the disk. */
  readonly onKept: (letter: Letter) => void;
}

/** What may wait for the disk; what comes then is counted, and missing. */
const MOST_WAITING_BYTES = 64 * 1024 * 1024;

/** Writes what a watch hears into a directory, each on the disk before it counts as kept. */
export class Keeper {
  readonly #stream: Stream;
  readonly #options: KeeperOptions;
  readonly #writing = new Set<Promise<void>>();
  #waitingBytes = 0;
  #overrun: { from: number; to: number; missed: number } | undefined;
  #tellFailure: (error: HeddleError) => void = () => {};
  /** Settles only when nothing can be written any more. */
  readonly failed: Promise<HeddleError>;

  private constructor(stream: Stream, options: KeeperOptions) {
    this.#stream = stream;
    this.#options = options;
    this.failed = new Promise((resolve) => {
      this.#tellFailure = resolve;
    });
  }

  /** Takes the right to write; notes for how long nobody watched. */
  static async open(options: KeeperOptions): Promise<Keeper> {
    const { clock, limits } = options;
    const stream = await openStream({ home: 'directory', ...options }, WATCHED.stream);
    const keeper = new Keeper(stream, options);
    const { made } = await stream.ensure(limits, { change: true });
    const last = made ? undefined : await lastAtIn(stream);
    const now = clock.now();
    // Also the first word of a new place: from here on somebody watches.
    await keeper.#appendGap({ reason: 'not_watching', from: last ?? now, to: now, missed: undefined });
    return keeper;
  }

  keep(record: KeptRecord): void {
    const size = record.bytes.length + (record.original?.length ?? 0);
    if (this.#waitingBytes + size > MOST_WAITING_BYTES) {
      const at = this.#options.clock.now();
      this.#overrun = { from: this.#overrun?.from ?? at, to: at, missed: (this.#overrun?.missed ?? 0) + 1 };
      return;
    }
    if (this.#overrun !== undefined) {
      this.gap({ reason: 'overrun', ...this.#overrun });
      this.#overrun = undefined;
    }
    const { data, headers } = encodeRecord(record);
    this.#waitingBytes += size;
    this.#track(
      this.#stream.append(data, { headers }).then(({ seq }) => this.#tellKept(record, seq)),
      size,
    );
  }

  gap(gap: SeenGap): void {
    this.#track(this.#appendGap(gap), 0);
  }

  /** Resolves when all that was heard so far is on the disk. */
  async settled(): Promise<void> {
    while (this.#writing.size > 0) await Promise.all(this.#writing);
  }

  async close(): Promise<void> {
    if (this.#overrun !== undefined) this.gap({ reason: 'overrun', ...this.#overrun });
    await this.settled();
    await this.#stream.close();
  }

  #track(writing: Promise<void>, size: number): void {
    const tracked = writing
      .catch((error: HeddleError) => this.#tellFailure(error))
      .finally(() => {
        this.#waitingBytes -= size;
        this.#writing.delete(tracked);
      });
    this.#writing.add(tracked);
  }

  #tellKept(record: KeptRecord, seq: number): void {
    const finding = judgeRecord(record);
    if (finding === undefined) return;
    this.#options.onKept(letterOf(finding, { ...record, source: WATCHED.short, seq, keptAt: record.at }));
  }

  async #appendGap(gap: SeenGap): Promise<void> {
    await this.#stream.append('', { headers: gapHeaders(gap) });
  }
}

async function lastAtIn(stream: Stream): Promise<number | undefined> {
  const { last } = await stream.info();
  if (last === 0) return undefined;
  for await (const item of stream.read({ from: { last: 1 }, until: 'now' })) if (item.kind === 'kept') return item.at;
  return undefined;
}
