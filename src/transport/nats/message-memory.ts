/** Smaller is not worth keeping. */
const LEAST = 16 * 1024;
/** Larger comes too rarely. */
const MOST = 1024 * 1024;
const KEPT = 4;
const STEP = 64 * 1024;

/**
 * Memory for messages that come in pieces. It lies outside the heap, where V8 lets tens of megabytes of what nobody needs lie before
 * it looks; so what a receiver gives back serves for the next message.
 */
export class MessageMemory {
  readonly #ours = new WeakSet<ArrayBufferLike>();
  readonly #free: Buffer[] = [];

  take(size: number): Buffer {
    const at = this.#free.findIndex((each) => each.length >= size);
    const [found] = at < 0 || size < LEAST ? [] : this.#free.splice(at, 1);
    if (found !== undefined) return found.subarray(0, size);
    if (size < LEAST || size > MOST) return Buffer.allocUnsafeSlow(size);
    const made = Buffer.allocUnsafeSlow(Math.ceil(size / STEP) * STEP);
    this.#ours.add(made.buffer);
    return made.subarray(0, size);
  }

  /** What is not from here, or is back already, stays what it is. */
  giveBack({ buffer }: Uint8Array): void {
    if (!this.#ours.has(buffer) || this.#free.length >= KEPT) return;
    if (!this.#free.some((each) => each.buffer === buffer)) this.#free.push(Buffer.from(buffer as ArrayBuffer));
  }
}
