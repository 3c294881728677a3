import { type LineSink, writeEnvelope } from '../../tail/envelope.ts';
import type { Output } from '../../tail/options.ts';
import type { RecordFile } from '../../tail/record-file.ts';
import type { Session } from '../session.ts';
import type { Sink } from '../sink.ts';
import type { TailRenderer } from './show/renderer.ts';

/** Lines leave in pieces of this size: one piece costs as much as one line. */
const PIECE = 1024 * 1024;
/** Human lines have no bytes between them. */
const LONG_TEXT = 32 * 1024;
/**
 * What may be on its way: as much as one turn of the event loop makes, because only between turns is anything taken.
 * Beyond it, messages wait in the buffer, where they can be counted.
 */
const AHEAD = 2 * 1024 * 1024;

/** stdout, and the recording beside it. Both must have room: what is shown is recorded. */
export function outputOf(session: Session, render: TailRenderer, record: RecordFile | undefined): Output {
  const { stdout } = session.io;
  const lines = new Pieces(stdout);
  const stdoutHasRoom = (): boolean => stdout.broken || stdout.queued + lines.length < AHEAD;
  return {
    write: (each) => {
      render(each, lines);
      if (record !== undefined) writeEnvelope(each, record);
    },
    flush: () => lines.flush(),
    hasRoom: () => stdoutHasRoom() && (record === undefined || record.hasRoom()),
    whenRoom: async () => {
      lines.flush();
      if (!stdoutHasRoom()) await stdout.drained();
      await record?.whenRoom();
    },
  };
}

/** Gathers bytes, so that a line is no object that outlives its turn. */
class Pieces implements LineSink {
  readonly #sink: Sink;
  #piece = Buffer.allocUnsafeSlow(PIECE);
  #used = 0;
  #text = '';

  constructor(sink: Sink) {
    this.#sink = sink;
  }

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
    if (this.#room(bytes.length)) {
      this.#piece.set(bytes, this.#used);
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
    if (this.#room(text.length * 3)) this.#used += this.#piece.write(text, this.#used);
    else this.#sink.write(text);
  }

  #send(): void {
    if (this.#used === 0) return;
    this.#sink.write(this.#piece.subarray(0, this.#used));
    // The sink has it until it is written. What is left of the piece serves on.
    this.#piece = this.#piece.subarray(this.#used);
    if (this.#piece.length < PIECE / 4) this.#piece = Buffer.allocUnsafeSlow(PIECE);
    this.#used = 0;
  }

  /** False for what is larger than a piece; what came before it has left then. */
  #room(length: number): boolean {
    if (this.#used + length <= this.#piece.length) return true;
    this.#send();
    if (length > PIECE) return false;
    if (length > this.#piece.length) this.#piece = Buffer.allocUnsafeSlow(PIECE);
    return true;
  }
}
