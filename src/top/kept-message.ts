import type { MessageRecord } from '../tail/record.ts';
import { Seen } from '../tail/seen.ts';

/**
 * A message that may be looked at later: what came alone, which is read when somebody does. What was read of it for the figures is ten
 * times as much memory, and of a busy bus most of it is never shown.
 */
export class KeptMessage implements MessageRecord {
  readonly record = 'message';
  readonly subject: string;
  readonly receivedAt: number;
  readonly undecided: boolean;
  /** Its bytes, a character each: a string goes when its message goes, where pieces of a buffer wait for the last of them. */
  readonly #text: string;
  #read: Seen | undefined;

  constructor({ subject, receivedAt, bytes, undecided: unsure }: MessageRecord, undecided = unsure) {
    this.subject = subject;
    this.receivedAt = receivedAt;
    this.undecided = undecided;
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  }

  get size(): number {
    return this.#text.length;
  }

  get bytes(): Uint8Array {
    return Buffer.from(this.#text, 'latin1');
  }

  get decoded() {
    return this.#seen.decoded;
  }

  get facts() {
    return this.#seen.facts;
  }

  /** Tasks are followed elsewhere here, and nothing is linted. */
  get pair() {
    return undefined;
  }

  get lint() {
    return undefined;
  }

  get #seen(): Seen {
    this.#read ??= new Seen(this.subject, this.bytes, this.receivedAt, false);
    return this.#read;
  }
}
