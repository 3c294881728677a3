import { writev } from 'node:fs';
import { type Clock, systemClock } from '../time/clock.ts';
import { nextTurn } from '../time/turn.ts';

/** A place that output goes to. Writing never blocks the program, whatever reads at the other end. */
export interface Sink {
  readonly isTTY: boolean;
  readonly columns: number | undefined;
  /** Bytes accepted and not yet taken by the operating system. */
  readonly queued: number;
  /** The reader went away (`| head`); everything written from now on is dropped. */
  readonly broken: boolean;
  /** Why, when it was not the reader's doing: a full disk, a closed descriptor. */
  readonly failure: Error | undefined;
  /** Accepts text or bytes. False when more than a comfortable amount is queued: wait for `drained`. */
  write(chunk: string | Uint8Array): boolean;
  /** Resolves when everything queued was taken, or the reader is gone. */
  drained(): Promise<void>;
  /** Called once when the reader goes away. Returns the undo. */
  onBroken(listener: () => void): () => void;
  /** The underlying terminal stream, for the spinner; absent when this is no terminal. */
  readonly terminal?: NodeJS.WriteStream | undefined;
}

const COMFORTABLE = 64 * 1024;
/** The system takes 1024 at a time; as many small ones are cheaper joined. */
const MOST_PARTS = 256;
/** How long to wait before offering bytes again to a pipe that said EAGAIN. */
const AGAIN_MS = 5;

/**
 * Writes to a file descriptor from the thread pool. Node's own process.stdout writes to pipes synchronously on POSIX, so
 * one slow reader would stop the event loop (and with it the pings of the bus); this never does. What is written
 * within one turn leaves in one system call.
 */
export class FdSink implements Sink {
  readonly isTTY = false;
  readonly columns = undefined;
  readonly terminal = undefined;
  broken = false;
  failure: Error | undefined;
  readonly #fd: number;
  readonly #clock: Pick<Clock, 'after'>;
  #texts: string[] = [];
  #textLength = 0;
  #parts: Uint8Array[] = [];
  #partsLength = 0;
  #inFlight = 0;
  #scheduled = false;
  #waiters: (() => void)[] = [];
  #listeners = new Set<() => void>();

  constructor(fd: number, clock: Pick<Clock, 'after'> = systemClock) {
    this.#fd = fd;
    this.#clock = clock;
  }

  get queued(): number {
    return this.#textLength + this.#partsLength + this.#inFlight;
  }

  write(chunk: string | Uint8Array): boolean {
    if (this.broken || chunk.length === 0) return true;
    if (typeof chunk === 'string') {
      this.#texts.push(chunk);
      this.#textLength += chunk.length;
    } else {
      this.#closeText();
      this.#parts.push(chunk);
      this.#partsLength += chunk.length;
    }
    if (!this.#scheduled && this.#inFlight === 0) {
      this.#scheduled = true;
      nextTurn(() => this.#pump());
    }
    return this.queued < COMFORTABLE;
  }

  drained(): Promise<void> {
    if (this.queued === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  onBroken(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #closeText(): void {
    if (this.#texts.length === 0) return;
    const bytes = Buffer.from(this.#texts.join(''));
    this.#texts = [];
    this.#textLength = 0;
    this.#parts.push(bytes);
    this.#partsLength += bytes.length;
  }

  #pump(): void {
    this.#scheduled = false;
    this.#closeText();
    if (this.#parts.length === 0) return this.#settle();
    const parts = this.#parts.length > MOST_PARTS ? [Buffer.concat(this.#parts)] : this.#parts;
    this.#inFlight = this.#partsLength;
    this.#parts = [];
    this.#partsLength = 0;
    this.#push(parts);
  }

  /** Gathered by the system call, so that what is large is not copied once more on its way. */
  #push(parts: Uint8Array[]): void {
    writev(this.#fd, parts, null, (error, written) => {
      if (error !== null) {
        if (error.code === 'EAGAIN') {
          this.#clock.after(AGAIN_MS, () => this.#push(parts));
          return;
        }
        return this.#break(error);
      }
      this.#inFlight -= written;
      if (this.#inFlight > 0) return this.#push(unwritten(parts, written));
      if (this.#textLength + this.#partsLength > 0) return this.#pump();
      this.#settle();
    });
  }

  #break(error: NodeJS.ErrnoException): void {
    this.broken = true;
    if (error.code !== 'EPIPE') this.failure = error;
    this.#texts = [];
    this.#parts = [];
    this.#textLength = 0;
    this.#partsLength = 0;
    this.#inFlight = 0;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
    this.#settle();
  }

  #settle(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}

function unwritten(parts: readonly Uint8Array[], written: number): Uint8Array[] {
  let skip = written;
  const rest: Uint8Array[] = [];
  for (const part of parts) {
    if (skip < part.length) rest.push(skip === 0 ? part : part.subarray(skip));
    skip = Math.max(0, skip - part.length);
  }
  return rest;
}

/** A terminal: Node's own stream knows its width and, on Windows, its encoding. */
export class TerminalSink implements Sink {
  readonly isTTY = true;
  broken = false;
  failure: Error | undefined;
  readonly terminal: NodeJS.WriteStream;
  readonly #listeners = new Set<() => void>();

  constructor(stream: NodeJS.WriteStream) {
    this.terminal = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.broken = true;
      if (error.code !== 'EPIPE') this.failure = error;
      for (const listener of this.#listeners) listener();
      this.#listeners.clear();
    });
  }

  get columns(): number | undefined {
    return this.terminal.columns;
  }

  get queued(): number {
    return this.terminal.writableLength;
  }

  write(chunk: string | Uint8Array): boolean {
    return this.broken ? true : this.terminal.write(chunk);
  }

  async drained(): Promise<void> {
    if (this.broken || this.terminal.writableLength === 0) return;
    // Not the event `drain`: that comes only after more was queued than is comfortable.
    await new Promise<void>((resolve) => this.terminal.write('', () => resolve()));
  }

  onBroken(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
