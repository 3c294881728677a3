import { writev } from 'node:fs';
import { type Clock, systemClock } from '../time/clock.ts';
import { nextTurn } from '../time/turn.ts';
import type { LoopWriter, Taken } from './loop-writer.ts';

/** A place that output goes to. Writing never blocks the program, whatever reads at the other end. */
export interface Sink {
  readonly isTTY: boolean;
  readonly columns: number | undefined;
  /** Of a terminal, as it is now. */
  readonly rows?: number | undefined;
  /** Bytes accepted and not yet taken by the operating system. */
  readonly queued: number;
  /** The reader went away (`| head`); everything written from now on is dropped. */
  readonly broken: boolean;
  /** Why, when it was not the reader's doing: a full disk, a closed descriptor. */
  readonly failure: Error | undefined;
  /** Accepts text or bytes. False when more than a comfortable amount is queued: wait for `drained`. */
  write(chunk: string | Uint8Array): boolean;
  /** Resolves when no more than `left` bytes are queued (default 0), or the reader is gone. */
  drained(left?: number): Promise<void>;
  /**
   * From now on the event loop writes to a pipe or a socket, not the thread pool: a write that nobody takes would keep its
   * thread, and with it the process from ending. For commands that run until they are stopped; it takes loading `node:net`.
   */
  useEventLoop(): void;
  /** Drops what is queued, and all that is written from now on. Returns how many bytes were dropped. */
  abandon(): number;
  /** A write is on its way that nobody takes and nothing can call back: only a signal ends the process now. */
  readonly stuck: boolean;
  /** Called once when the reader goes away. Returns the undo. */
  onBroken(listener: () => void): () => void;
  /** Called when the terminal has another size. Returns the undo. */
  onResize?(listener: () => void): () => void;
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
  #abandoned = false;
  #byLoop: LoopWriter | undefined;
  #inPool = false;
  /** By which way it writes is not known yet: a write that nobody takes would keep its thread for good. */
  #choosing = false;
  #waiters: { left: number; resolve: () => void }[] = [];
  #listeners = new Set<() => void>();

  constructor(fd: number, clock: Pick<Clock, 'after'> = systemClock) {
    this.#fd = fd;
    this.#clock = clock;
  }

  get queued(): number {
    return this.#textLength + this.#partsLength + this.#inFlight;
  }

  get stuck(): boolean {
    return this.#abandoned && this.#inPool;
  }

  write(chunk: string | Uint8Array): boolean {
    if (this.broken || this.#abandoned || chunk.length === 0) return true;
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

  drained(left = 0): Promise<void> {
    if (this.queued <= left) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ left, resolve }));
  }

  useEventLoop(): void {
    if (this.#choosing || this.#byLoop !== undefined) return;
    this.#choosing = true;
    const found = import('./loop-writer.ts').then(({ loopWriter }) => {
      if (!this.broken && !this.#abandoned) this.#byLoop = loopWriter(this.#fd);
    });
    // Where it cannot be loaded, the thread pool goes on.
    const chosen = (): void => {
      this.#choosing = false;
      if (this.#inFlight === 0 && !this.broken && !this.#abandoned) this.#pump();
    };
    found.then(chosen, chosen);
  }

  abandon(): number {
    const dropped = this.queued;
    this.#abandoned = true;
    this.#forget();
    this.#byLoop?.close();
    return dropped;
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
    if (this.#choosing) return;
    this.#closeText();
    if (this.#parts.length === 0) return this.#wake();
    const parts = this.#parts.length > MOST_PARTS ? [Buffer.concat(this.#parts)] : this.#parts;
    this.#inFlight = this.#partsLength;
    this.#parts = [];
    this.#partsLength = 0;
    this.#push(parts);
  }

  #push(parts: readonly Uint8Array[]): void {
    this.#send(parts, (error, taken) => {
      if (this.#abandoned) return;
      if (error !== null) {
        if (error.code === 'EAGAIN') {
          this.#clock.after(AGAIN_MS, () => this.#push(parts));
          return;
        }
        return this.#break(error);
      }
      this.#inFlight -= taken;
      this.#wake();
      if (this.#inFlight > 0) this.#push(unwritten(parts, taken));
      else if (this.#textLength + this.#partsLength > 0) this.#pump();
    });
  }

  /** Gathered by the system call, so that what is large is not copied once more on its way. */
  #send(parts: readonly Uint8Array[], taken: Taken): void {
    if (this.#byLoop !== undefined) return this.#byLoop.write(parts, taken);
    this.#inPool = true;
    writev(this.#fd, parts, null, (error, written) => {
      this.#inPool = false;
      taken(error, written);
    });
  }

  #break(error: NodeJS.ErrnoException): void {
    this.broken = true;
    if (error.code !== 'EPIPE') this.failure = error;
    this.#forget();
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }

  #forget(): void {
    this.#texts = [];
    this.#parts = [];
    this.#textLength = 0;
    this.#partsLength = 0;
    this.#inFlight = 0;
    this.#wake();
  }

  #wake(): void {
    if (this.#waiters.length === 0) return;
    const { queued } = this;
    const ready = this.#waiters.filter(({ left }) => queued <= left);
    this.#waiters = this.#waiters.filter(({ left }) => queued > left);
    for (const { resolve } of ready) resolve();
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
