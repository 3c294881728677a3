import { type PlainResult, readPlainResult } from '../contract/plain-result.ts';
import { type DecodedMessage, decodeMessage, kindOfSubject } from '../contract/read-message.ts';
import { type Facts, factsOf } from './facts.ts';
import type { LintNote } from './lint.ts';
import type { MessageRecord, PairNote } from './record.ts';

/** A message that was read, as far as it has to be. What people look for in it is worked out when it is asked for. */
export class Seen implements MessageRecord {
  readonly record = 'message';
  readonly subject: string;
  readonly receivedAt: number;
  readonly bytes: Uint8Array;
  readonly plain: PlainResult | undefined;
  pair: PairNote | undefined = undefined;
  lint: LintNote | undefined = undefined;
  undecided = false;
  #decoded: DecodedMessage | undefined = undefined;
  #facts: Facts | undefined = undefined;

  /** `glance`: a glance is enough where it tells something, and nobody looks into the message after it was handed over. */
  constructor(subject: string, bytes: Uint8Array, at: number, glance: boolean) {
    this.subject = subject;
    this.bytes = bytes;
    this.receivedAt = at;
    this.plain = glance && kindOfSubject(subject) === 'result' ? readPlainResult(bytes) : undefined;
    if (this.plain === undefined) this.#decoded = decoded(subject, bytes);
  }

  get decoded(): DecodedMessage {
    this.#decoded ??= decoded(this.subject, this.bytes);
    return this.#decoded;
  }

  get facts(): Facts {
    this.#facts ??= factsOf(this.subject, this.decoded);
    return this.#facts;
  }
}

/** A line of a recording may name no subject; then the shape tells. */
function decoded(subject: string, bytes: Uint8Array): DecodedMessage {
  return decodeMessage(subject === '' ? undefined : subject, bytes);
}
