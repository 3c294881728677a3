import type { LineSink } from './envelope.ts';

const USUAL_BYTES = 1024 * 1024;
/** Larger ones are not kept: they were for one message that was as large. */
const LARGE_BYTES = 4 * USUAL_BYTES;

const NOTHING = Buffer.alloc(0);

/** Gathers lines as bytes, to be taken all at once. While what was taken is used, the next are gathered beside it. */
export class LineBuffer implements LineSink {
  #bytes: Buffer = NOTHING;
  #used = 0;
  #text = '';
  /** Taken the last time, and free again the next. */
  #taken: Buffer = NOTHING;

  /** Of the text, its characters. */
  get length(): number {
    return this.#used + this.#text.length;
  }

  text(text: string): void {
    this.#text += text;
  }

  bytes(bytes: Uint8Array): void {
    this.#encode();
    this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  /** All so far. Valid until the next time. */
  take(): Uint8Array {
    this.#encode();
    const all = this.#bytes.subarray(0, this.#used);
    const free = this.#taken;
    this.#taken = this.#bytes.length > LARGE_BYTES ? NOTHING : this.#bytes;
    this.#bytes = free;
    this.#used = 0;
    return all;
  }

  clear(): void {
    this.#text = '';
    this.#used = 0;
  }

  #encode(): void {
    const text = this.#text;
    if (text === '') return;
    this.#text = '';
    // In UTF-8 a code unit takes three bytes at most.
    this.#makeRoom(text.length * 3);
    this.#used += this.#bytes.write(text, this.#used);
  }

  #makeRoom(length: number): void {
    const needed = this.#used + length;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(USUAL_BYTES, 2 * this.#bytes.length, needed));
    larger.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = larger;
  }
}
