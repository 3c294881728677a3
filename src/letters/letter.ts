import { crc32 } from 'node:zlib';
import { fingerprintOf } from './fingerprint.ts';
import type { Finding } from './judge.ts';

/** One dead letter: failed work that is kept, with the message that told of it exactly as it came. */
export interface Letter extends Finding {
  /** What an operator types. */
  readonly id: string;
  /** Where it is kept: the name of the place within its home, and its number there. */
  readonly source: string;
  readonly seq: number;
  /** Milliseconds since 1970, when it was seen. */
  readonly at: number;
  readonly fingerprint: string;
  readonly subject: string;
  /** The message that told of it; of an orphan the task itself. */
  readonly bytes: Uint8Array;
  /** The work itself, where it was kept beside the message; what the message holds of it is in original.ts. */
  readonly kept?: Uint8Array | undefined;
}

export type Place = Pick<Letter, 'source' | 'seq'>;

/** What a home kept, as it is to be read: on which subject it was seen, and what was kept beside it. */
export interface Seen {
  readonly source: string;
  readonly seq: number;
  /** A time that belongs to this number for good. */
  readonly keptAt: number;
  /** When it was seen: before that where it was imported. */
  readonly at: number;
  readonly subject: string;
  readonly bytes: Uint8Array;
  readonly original?: Uint8Array | undefined;
}

export function letterOf(finding: Finding, { source, seq, keptAt, at, subject, bytes, original }: Seen): Letter {
  // Written out: there may be a hundred thousand of them, and spreading an object costs more than all the rest.
  return {
    kind: finding.kind,
    cause: finding.cause,
    reason: finding.reason,
    place: finding.place,
    worker: finding.worker,
    tier: finding.tier,
    workId: finding.workId,
    goal: finding.goal,
    waitedMs: finding.waitedMs,
    id: idOf(source, seq, keptAt),
    source,
    seq,
    at,
    fingerprint: fingerprintOf(finding),
    subject,
    bytes,
    kept: original,
  };
}

const SHORT = /^[a-z]$/;
const CHECK_LETTERS = 4;
let checked = { at: Number.NaN, letters: '' };

/**
 * `d1204-7f3k`: the place, the number there, and four letters made of the time. Numbers begin anew when somebody makes a stream anew, and
 * what was done to the old letter of that number must not be taken for something done to the new one.
 */
export function idOf(source: string, seq: number, at: number): string {
  // Failures come in crowds that share a millisecond.
  if (at !== checked.at) {
    const letters = (crc32(String(at)) >>> 0).toString(36).padStart(CHECK_LETTERS, '0').slice(-CHECK_LETTERS);
    checked = { at, letters };
  }
  const check = checked.letters;
  return `${SHORT.test(source) ? source : `${source}.`}${seq}-${check}`;
}

const ID = /^(?:([a-z])|([A-Za-z0-9_-]{1,128})\.)(\d{1,15})(?:-([0-9a-z]{4}))?$/;

/** Where an id leads. Without its last four letters it is taken as well: people copy what they can see. */
export function placeOf(id: string): (Place & { readonly check: string | undefined }) | undefined {
  const [, short, long, seq, check] = ID.exec(id) ?? [];
  const source = short ?? long;
  return source === undefined ? undefined : { source, seq: Number(seq), check };
}
