import type { Kept } from '../store/stream.ts';

/** `not_watching`: the watch was not running. `disconnected`: it had no connection. `overrun`: it could not write as fast as they came. */
export const GAPS = ['not_watching', 'disconnected', 'overrun'] as const;
export type GapReason = (typeof GAPS)[number];

/** Something may have failed here that nobody kept. */
export interface SeenGap {
  readonly reason: GapReason;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  /** How many are known to be missing; undefined where nobody knows. */
  readonly missed: number | undefined;
}

const GAP = 'Heddle-Gap';
const FROM = 'Heddle-From';
const TO = 'Heddle-To';
const MISSED = 'Heddle-Missed';

/** A gap as it stands among letters: headers, and no data. */
export function gapHeaders({ reason, from, to, missed }: SeenGap): Readonly<Record<string, string>> {
  return {
    [GAP]: reason,
    [FROM]: String(from),
    [TO]: String(to),
    ...(missed !== undefined && { [MISSED]: String(missed) }),
  };
}

export function gapIn({ headers }: Kept): SeenGap | undefined {
  const reason = GAPS.find((each) => each === headers?.[GAP]);
  if (headers === undefined || reason === undefined) return undefined;
  const missed = headers[MISSED];
  return {
    reason,
    from: Number(headers[FROM]),
    to: Number(headers[TO]),
    missed: missed === undefined ? undefined : Number(missed),
  };
}
