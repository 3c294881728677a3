import type { LineSink } from '../../tail/envelope.ts';
import type { Sink } from '../sink.ts';

/** Lines leave together, up to this many bytes: leaving costs as much for all of them as for one. */
const PARCEL = 1024 * 1024;
/** Human lines have no bytes between them. */
const LONG_TEXT = 32 * 1024;

/** Gathers lines into parcels for a sink, so that a line is no object that outlives its turn. */
export class LineGatherer implements LineSink {
  readonly #sink: Sink;
  #parcel = Buffer.allocUnsafeSlow(PARCEL);
  #used = 0;
  #text = '';

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Of what did not leave yet. */
  get length(): number {
    return this.#used + this.#text.length;
  }

  /** The end of one line and the beginning of the next are encoded in one go. */
  text(text: string): void {
    this.#text += text;
    if (this.#text.length > LONG_TEXT) this.#encode();
  }

  bytes(bytes: Uint8Array): void {
    this.#encode();
    if (this.#makeRoom(bytes.length)) {
      this.#parcel.set(bytes, this.#used);
      this.#used += bytes.length;
    } else this.#sink.write(bytes.slice());
  }

  flush(): void {
    this.#encode();
    this.#send();
  }

  #encode(): void {
    const text = this.#text;
    if (text === '') return;
    this.#text = '';
    // In UTF-8 a code unit takes three bytes at most.
    if (this.#makeRoom(text.length * 3)) this.#used += this.#parcel.write(text, this.#used);
    else this.#sink.write(text);
  }

  #send(): void {
    if (this.#used === 0) return;
    this.#sink.write(this.#parcel.subarray(0, this.#used));
    // The sink has it until it is written. What is left of the buffer serves on.
    this.#parcel = this.#parcel.subarray(this.#used);
    if (this.#parcel.length < PARCEL / 4) this.#parcel = Buffer.allocUnsafeSlow(PARCEL);
    this.#used = 0;
  }

  /** False for what is larger than a parcel; what came before it has left then. */
  #makeRoom(length: number): boolean {
    if (this.#used + length <= this.#parcel.length) return true;
    this.#send();
    if (length > PARCEL) return false;
    if (length > this.#parcel.length) this.#parcel = Buffer.allocUnsafeSlow(PARCEL);
    return true;
  }
}
