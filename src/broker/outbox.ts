import type { Socket } from 'node:net';

const SMALLEST_BLOCK = 512;
const LARGEST_BLOCK = 64 * 1024;
/** What an idle client may keep; a thousand of them are then 16 MB. */
const KEPT_BLOCK = 16 * 1024;
/** From here on a payload is handed on as it is: sharing it costs less than copying it for each receiver. */
const SHARED_FROM = 16 * 1024;

/**
 * What one client still has to get. Small messages are packed into blocks and leave in one write per `flush`,
 * because a write a message is what makes a bus slow.
 */
export class Outbox {
  readonly #socket: Socket;
  #block: Buffer | undefined;
  #used = 0;
  #blockSize = SMALLEST_BLOCK;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Bytes that the client has not taken yet. */
  get pending(): number {
    return this.#socket.writableLength + this.#waitingBytes + this.#used;
  }

  /** Text of one byte a character. */
  text(text: string): void {
    const block = this.#room(text.length);
    this.#used += block.write(text, this.#used, 'latin1');
  }

  bytes(data: Buffer, start: number, size: number): void {
    if (size >= SHARED_FROM) {
      this.#seal();
      this.#waiting.push(data.subarray(start, start + size));
      this.#waitingBytes += size;
      return;
    }
    const block = this.#room(size);
    data.copy(block, this.#used, start, start + size);
    this.#used += size;
  }

  flush(): void {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) {
      this.drop();
      return;
    }
    if (this.#waiting.length === 0) this.#flushBlock();
    else {
      this.#seal();
      socket.cork();
      for (const part of this.#waiting) socket.write(part);
      socket.uncork();
      this.#waiting = [];
      this.#waitingBytes = 0;
    }
  }

  drop(): void {
    this.#block = undefined;
    this.#used = 0;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #flushBlock(): void {
    if (this.#block === undefined || this.#used === 0) return;
    const full = this.#block.subarray(0, this.#used);
    this.#blockSize = Math.min(LARGEST_BLOCK, Math.max(SMALLEST_BLOCK, this.#used * 2));
    this.#used = 0;
    this.#socket.write(full);
    // Nothing left to write means that the kernel has it all, and the memory is ours again.
    if (this.#socket.writableLength > 0 || this.#block.length > KEPT_BLOCK) this.#block = undefined;
  }

  #room(size: number): Buffer {
    if (this.#block !== undefined && this.#block.length - this.#used >= size) return this.#block;
    this.#seal();
    const block = Buffer.allocUnsafe(Math.max(size, this.#blockSize));
    this.#blockSize = Math.min(LARGEST_BLOCK, this.#blockSize * 2);
    this.#block = block;
    return block;
  }

  #seal(): void {
    if (this.#block === undefined || this.#used === 0) return;
    this.#waiting.push(this.#block.subarray(0, this.#used));
    this.#waitingBytes += this.#used;
    this.#block = undefined;
    this.#used = 0;
  }
}
