import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '../../time/clock.ts';
import { sleep } from '../../time/wait.ts';
import { openFile, unless } from './files.ts';
import type { Log } from './log.ts';
import type { Decoded, LogRecord } from './record.ts';
import { basesIn, SegmentReader, segmentPath } from './segment.ts';

/** How often a reader looks for what another process wrote. */
export const POLL_MS = 100;

interface Open {
  readonly base: number;
  readonly file: FileHandle;
  readonly reader: SegmentReader;
  /** A later segment is there: nothing more is written to this one. */
  sealed: boolean;
}

/**
 * Goes through the records of a folder, while they are written here, by another process, or by nobody. Here it sees what is
 * confirmed; of another process it may see a record a moment before it is on the disk.
 */
export class LogCursor {
  readonly #folder: string;
  readonly #clock: Clock;
  /** The log of this process, while it has one. */
  readonly #log: () => Log | undefined;
  readonly #start: number | (() => Promise<number>);
  #position = 0;
  #started = false;
  #closed = false;
  #open: Open | undefined;
  #passed: number | undefined;
  #seen: { readonly log: Log; readonly version: number } | undefined;

  constructor(folder: string, clock: Clock, log: () => Log | undefined, start: number | (() => Promise<number>)) {
    this.#folder = folder;
    this.#clock = clock;
    this.#log = log;
    this.#start = start;
  }

  /** The next records in order; none when there is no more for now. */
  async next(): Promise<readonly LogRecord[]> {
    const log = this.#log();
    this.#seen = log && { log, version: log.news.version };
    if (!this.#started) {
      this.#position = typeof this.#start === 'number' ? this.#start : await this.#start();
      this.#started = true;
    }
    for (;;) {
      this.#open ??= await this.#openNext();
      if (this.#closed) await this.#leave();
      const open = this.#open;
      if (open === undefined) return [];
      const found = await this.#read(open);
      const records = found.map(({ record }) => record).filter(({ seq }) => seq >= this.#position);
      this.#position = (records.at(-1)?.seq ?? this.#position - 1) + 1;
      if (records.length > 0) return records;
      if (found.length > 0) continue;
      if (!open.sealed) {
        // Once more when the next one is there: it was filled before that began.
        open.sealed = (await basesIn(this.#folder)).some((base) => base > open.base);
        if (open.sealed) continue;
        return [];
      }
      await this.#leave();
    }
  }

  /** Resolves when there may be more than the latest `next` saw, or when the signal aborts. */
  async more(signal: AbortSignal): Promise<void> {
    const log = this.#log();
    if (log !== undefined) {
      if (this.#seen?.log === log) await log.news.since(this.#seen.version, signal);
      return;
    }
    await sleep(this.#clock, POLL_MS, signal);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#leave();
  }

  async #read(open: Open): Promise<readonly Decoded[]> {
    try {
      return await open.reader.next(this.#log()?.confirmedIn(open.base));
    } catch (error) {
      // The file was closed under the reading.
      if (this.#closed) return [];
      throw error;
    }
  }

  async #leave(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    this.#passed = open?.base;
    await open?.file.close();
  }

  async #openNext(): Promise<Open | undefined> {
    for (;;) {
      if (this.#closed) return undefined;
      const bases = await basesIn(this.#folder);
      const passed = this.#passed;
      const base =
        passed === undefined
          ? (bases.findLast((each) => each <= this.#position) ?? bases[0])
          : bases.find((each) => each > passed);
      if (base === undefined) return undefined;
      const path = segmentPath(this.#folder, base);
      // Evicted or merged while we looked: the list is another by now.
      const file = await openFile(path, 'read').catch(unless('ENOENT'));
      if (file !== undefined) return { base, file, reader: new SegmentReader(file, path), sealed: false };
    }
  }
}
