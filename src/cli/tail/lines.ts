import type { LineSink } from '../../tail/envelope.ts';
import type { Sink } from '../sink.ts';

/** Lines leave together, up to this many bytes: leaving costs as much for all of them as for one. */
const PARCEL = 1024 * 1024;
/** Human lines have no bytes between them. */
const LONG_TEXT = 32 * 1024;

/** Buffers that are written over again: what a new one costs the system is more than what is written into it. */
const MOST_BUFFERS = 10;

/** Gathers lines into parcels for a sink, so that a line is no object that outlives its turn. */
export class LineGatherer implements LineSink {
  readonly #sink: Sink;
  #buffer: Buffer = Buffer.allocUnsafeSlow(PARCEL);
  /** Of the buffer: from here on nothing left yet, and up to here it is filled. */
  #from = 0;
  #to = 0;
  #text = '';
  /** Bytes that went to the sink, ever. */
  #sent = 0;
  /** Full ones, and what had been sent when the last of each went. */
  readonly #full: { readonly buffer: Buffer; readonly sent: number }[] = [];

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Of what did not leave yet. */
  get length(): number {
    return this.#to - this.#from + this.#text.length;
  }

  /** The end of one line and the beginning of the next are encoded in one go. */
  text(text: string): void {
    this.#text += text;
    if (this.#text.length > LONG_TEXT) this.#encode();
  }

  bytes(bytes: Uint8Array): void {
    this.#encode();
    if (this.#makeRoom(bytes.length)) {
      this.#buffer.set(bytes, this.#to);
      this.#to += bytes.length;
    } else this.#send(bytes.slice());
  }

  flush(): void {
    this.#encode();
    this.#sendFilled();
  }

  #encode(): void {
    const text = this.#text;
    if (text === '') return;
    this.#text = '';
    // In UTF-8 a code unit takes three bytes at most.
    if (this.#makeRoom(text.length * 3)) this.#to += this.#buffer.write(text, this.#to);
    else this.#send(Buffer.from(text));
  }

  /** False for what is larger than a buffer; what came before it has left then. */
  #makeRoom(length: number): boolean {
    if (this.#to + length <= PARCEL) return true;
    this.#sendFilled();
    if (length > PARCEL) return false;
    this.#full.push({ buffer: this.#buffer, sent: this.#sent });
    this.#buffer = this.#freeBuffer();
    this.#from = 0;
    this.#to = 0;
    return true;
  }

  /** What the sink has queued is the end of what was sent, at most: all before it was taken. */
  #freeBuffer(): Buffer {
    const [oldest] = this.#full;
    if (oldest !== undefined && oldest.sent <= this.#sent - this.#sink.queued) this.#full.shift();
    else {
      if (this.#full.length >= MOST_BUFFERS) this.#full.length = 0;
      return Buffer.allocUnsafeSlow(PARCEL);
    }
    return oldest.buffer;
  }

  #sendFilled(): void {
    if (this.#to === this.#from) return;
    this.#send(this.#buffer.subarray(this.#from, this.#to));
    this.#from = this.#to;
  }

  #send(bytes: Uint8Array): void {
    this.#sent += bytes.length;
    this.#sink.write(bytes);
  }
}
