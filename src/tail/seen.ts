import { type DecodedMessage, decodeMessage } from '../contract/read-message.ts';
import { type Facts, factsOf } from './facts.ts';
import type { LintNote } from './lint.ts';
import type { PairNote } from './pairing.ts';
import type { Waiting } from './raw-queue.ts';
import type { MessageRecord } from './record.ts';

/** A message that was read. What people look for in it is worked out when it is asked for. */
export class Seen implements MessageRecord {
  readonly record = 'message';
  readonly subject: string;
  readonly receivedAt: number;
  readonly bytes: Uint8Array;
  readonly decoded: DecodedMessage;
  pair: PairNote | undefined = undefined;
  lint: LintNote | undefined = undefined;
  undecided = false;
  #facts: Facts | undefined = undefined;

  constructor(subject: string, bytes: Uint8Array, at: number) {
    this.subject = subject;
    this.bytes = bytes;
    this.receivedAt = at;
    // A line of a recording may name no subject; then the shape tells.
    this.decoded = decodeMessage(subject === '' ? undefined : subject, bytes);
  }

  get facts(): Facts {
    this.#facts ??= factsOf(this.subject, this.decoded);
    return this.#facts;
  }
}

export function seen({ subject, bytes, at }: Waiting<unknown>): Seen {
  return new Seen(subject, bytes, at);
}
