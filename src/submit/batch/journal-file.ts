import { HeddleError } from '../../errors.ts';
import type { AppendFile } from '../../store/append-file.ts';
import type { Clock, Timer } from '../../time/clock.ts';

/** How long an entry that nobody waits for may stay in memory. */
const WRITE_EVERY_MS = 200;
const WRITE_AT_CHARACTERS = 64 * 1024;

interface Waiting {
  text: string;
  /** Told when all of it is written, and will outlive the machine. */
  readonly written: (() => void)[];
  readonly failed: ((error: HeddleError) => void)[];
}

/** What is appended to a journal: in order, one write at a time, and what comes while one is under way goes together. */
export class JournalFile {
  readonly #path: string;
  readonly #file: Omit<AppendFile, 'size' | 'mode'>;
  readonly #clock: Clock;
  /** Of what stands there whole. */
  #size: number;
  #waiting: Waiting = nothing();
  #writing: Promise<void> | undefined;
  #timer: Timer | undefined;
  #closed: Promise<void> | undefined;
  /** Why nothing is written any more. */
  failure: HeddleError | undefined;

  constructor(path: string, file: Omit<AppendFile, 'size' | 'mode'>, size: number, clock: Clock) {
    this.#path = path;
    this.#file = file;
    this.#size = size;
    this.#clock = clock;
  }

  /** To be written soon, with what comes meanwhile; `failed` is told when it cannot be. */
  later(text: string, failed: (error: HeddleError) => void): void {
    if (this.failure !== undefined) return failed(this.failure);
    this.#waiting.text += text;
    this.#waiting.failed.push(failed);
    if (this.#waiting.text.length >= WRITE_AT_CHARACTERS) void this.#write();
    else this.#timer ??= this.#clock.after(WRITE_EVERY_MS, () => void this.#write());
  }

  /** Resolves when it is on the disk; rejects when it cannot be, and then it is not there. */
  now(text: string): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.#waiting.text += text;
      this.#waiting.written.push(resolve);
      this.#waiting.failed.push(reject);
      void this.#write();
    });
  }

  /** Resolves when nothing waits any more; look at `failure` then. */
  async flushed(): Promise<void> {
    if (this.failure === undefined && this.#waiting.text !== '') await this.now('').catch(() => {});
    await this.#writing;
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.flushed();
    await this.#file.handle.close();
    await this.#file.release();
  }

  #write(): Promise<void> {
    this.#clock.cancel(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#writeAll();
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.text !== '' || this.#waiting.written.length > 0) {
      const { text, written, failed } = this.#waiting;
      this.#waiting = nothing();
      try {
        if (this.failure !== undefined) throw this.failure;
        await this.#append(Buffer.from(text), written.length > 0);
        for (const tell of written) tell();
      } catch (cause) {
        this.failure ??= this.#failureFor(cause);
        for (const tell of failed) tell(this.failure);
      }
    }
    this.#writing = undefined;
  }

  async #append(bytes: Uint8Array, durable: boolean): Promise<void> {
    // Not for us any more: what stands there is another's.
    await this.#file.confirm(this.#size);
    try {
      await this.#file.handle.appendFile(bytes);
      if (durable) await this.#file.handle.datasync().catch(unlessItCannot);
      this.#size += bytes.length;
    } catch (cause) {
      // Half of it would say of some that they were about to leave, and they do not.
      await this.#file.handle.truncate(this.#size).catch(() => {});
      throw cause;
    }
    // Of two that intend the same at one moment, one at least sees it here, before anything leaves.
    if (durable) await this.#file.confirm(this.#size);
  }

  #failureFor(cause: unknown): HeddleError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new HeddleError('output_unwritable', `cannot write the journal ${this.#path}: ${reason}`, { cause });
  }
}

function nothing(): Waiting {
  return { text: '', written: [], failed: [] };
}

/** A device or a file system that knows no such thing as outliving has not failed. */
function unlessItCannot(cause: unknown): void {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code !== 'EINVAL' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw cause;
}
