import { type FileHandle, rename, rm } from 'node:fs/promises';
import { HeddleError, isHeddleError } from '../errors.ts';
import { type AppendFile, createToAppend, openToAppend } from '../store/append-file.ts';
import { codeOf } from '../store/directory/files.ts';
import { type Clock, systemClock, type Timer } from '../time/clock.ts';
import { turn } from '../time/turn.ts';
import type { LineSink } from './envelope.ts';
import { LineBuffer } from './line-buffer.ts';

/** Where a recording is written, and how much of it is kept. */
export interface RecordFileOptions {
  readonly path: string;
  /** A file that reached this size is moved to `<path>.1`, the one before it to `.2`, and so on. Default 100 MiB. */
  readonly rotateBytes?: number | undefined;
  /** Older files that are kept. Default 9. */
  readonly keep?: number | undefined;
  /** How often what was written is forced onto the disk. Default 1000; what is younger may be lost in a power cut. */
  readonly syncMs?: number | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
}

const MOST_QUEUED = 1024 * 1024;

/** Appends lines to a file of ours alone that grows only to a size. Never blocks; says when it is behind. */
export class RecordFile implements LineSink {
  readonly #options: { readonly path: string; readonly rotateBytes: number; readonly keep: number };
  readonly #file: AppendFile;
  #handle: FileHandle;
  #size: number;
  readonly #lines = new LineBuffer();
  #inFlight = 0;
  #running: Promise<void> | undefined;
  #dirty = false;
  #syncDue = false;
  #failure: HeddleError | undefined;
  #waiters: (() => void)[] = [];
  readonly #clock: Clock;
  readonly #timer: Timer;
  #tellFailure: (error: HeddleError) => void = () => {};
  /** Settles only when the file cannot be written any more. */
  readonly failed: Promise<HeddleError>;

  static async open(options: RecordFileOptions): Promise<RecordFile> {
    const { path } = options;
    try {
      const opened = await openToAppend(path, options.clock);
      // A crash may have left half a line; the next record must not become its tail.
      const torn = opened.size > 0 && !(await endsWithBreak(opened));
      const file = new RecordFile(options, opened);
      if (torn) file.text('\n');
      return file;
    } catch (cause) {
      throw new HeddleError('input_unreadable', unwritable(path, cause), { cause });
    }
  }

  private constructor(options: RecordFileOptions, file: AppendFile) {
    const { path, rotateBytes = 100 * 1024 * 1024, keep = 9, syncMs = 1000, clock = systemClock } = options;
    this.#options = { path, rotateBytes, keep };
    this.#file = file;
    this.#handle = file.handle;
    this.#size = file.size;
    this.#clock = clock;
    this.failed = new Promise((resolve) => {
      this.#tellFailure = resolve;
    });
    this.#timer = clock.every(syncMs, () => {
      this.#syncDue = this.#dirty;
      if (this.#syncDue) this.#running ??= this.#run();
    });
    this.#clock.unref(this.#timer);
  }

  hasRoom(): boolean {
    return this.#failure !== undefined || this.#lines.length + this.#inFlight < MOST_QUEUED;
  }

  whenRoom(): Promise<void> {
    if (this.hasRoom()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
    });
  }

  text(text: string): void {
    if (this.#failure !== undefined) return;
    this.#lines.text(text);
    this.#running ??= this.#run();
  }

  bytes(bytes: Uint8Array): void {
    if (this.#failure !== undefined) return;
    this.#lines.bytes(bytes);
    this.#running ??= this.#run();
  }

  /** Resolves when everything so far was written. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async close(): Promise<void> {
    this.#clock.cancel(this.#timer);
    await this.#running;
    try {
      if (this.#dirty && this.#failure === undefined) await this.#handle.sync();
    } catch (cause) {
      this.#fail(cause);
    }
    await this.#handle.close().catch(() => {});
    await this.#file.release().catch(() => {});
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #run(): Promise<void> {
    // What is written within one turn leaves together.
    await turn();
    try {
      while (this.#lines.length > 0 || this.#syncDue) {
        if (this.#lines.length > 0) await this.#append();
        // Between two writes, never beside one: a rotation must not close the file under it.
        if (this.#syncDue) await this.#sync();
      }
    } catch (cause) {
      this.#fail(cause);
    }
    this.#running = undefined;
  }

  async #rotate(): Promise<void> {
    const { path, keep } = this.#options;
    await this.#handle.sync();
    await this.#handle.close();
    if (keep === 0) await rm(path, { force: true });
    else {
      await rm(`${path}.${keep}`, { force: true });
      for (let number = keep - 1; number >= 1; number -= 1)
        await moveIfThere(`${path}.${number}`, `${path}.${number + 1}`);
      await rename(path, `${path}.1`);
    }
    this.#handle = await createToAppend(path, this.#file.mode);
    this.#size = 0;
  }

  async #append(): Promise<void> {
    const bytes = this.#lines.take();
    this.#inFlight = bytes.length;
    await this.#file.confirm();
    if (this.#size > 0 && this.#size + bytes.length > this.#options.rotateBytes) await this.#rotate();
    try {
      await this.#handle.appendFile(bytes);
    } catch (error) {
      await this.#takeBackHalfALine(bytes);
      throw error;
    }
    this.#size += bytes.length;
    this.#inFlight = 0;
    this.#dirty = true;
    this.#wake();
  }

  /** Of what was to be written, as much may stand there as the disk had room for; its last line must be a whole one. */
  async #takeBackHalfALine(bytes: Uint8Array): Promise<void> {
    const { size } = await this.#handle.stat();
    const written = size - this.#size;
    if (written <= 0 || written > bytes.length) return;
    const whole = bytes.subarray(0, written).lastIndexOf(BREAK) + 1;
    await this.#handle.truncate(this.#size + whole);
  }

  async #sync(): Promise<void> {
    this.#syncDue = false;
    this.#dirty = false;
    await this.#handle.datasync();
  }

  #fail(cause: unknown): void {
    this.#failure ??= new HeddleError('output_unwritable', unwritable(this.#options.path, cause), {
      cause,
      hint: 'What stands in it are whole lines; what was shown after them is not recorded.',
    });
    this.#lines.clear();
    this.#inFlight = 0;
    this.#tellFailure(this.#failure);
    this.#wake();
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}

const BREAK = 0x0a;

async function endsWithBreak({ handle, size }: AppendFile): Promise<boolean> {
  const last = Buffer.alloc(1);
  await handle.read(last, 0, 1, size - 1);
  return last[0] === BREAK;
}

async function moveIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its directory does not exist',
  EISDIR: 'it is a directory',
  EACCES: 'it may not be written',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
  EFBIG: 'no file may be as large',
};

function unwritable(path: string, cause: unknown): string {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return `cannot record to ${JSON.stringify(path)}: ${isHeddleError(cause) ? reason : (REASONS[codeOf(cause)] ?? reason)}`;
}
