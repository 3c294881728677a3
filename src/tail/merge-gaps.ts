import type { GapRecord } from './record.ts';

/** Two runs of drops as one, when there are too many to keep apart. */
export function mergeGaps(one: GapRecord | undefined, other: GapRecord | undefined): GapRecord {
  const [a, b] = [one as GapRecord, other as GapRecord];
  const missed = a.missed === undefined || b.missed === undefined ? undefined : a.missed + b.missed;
  const atLeast = (a.missed ?? a.atLeast ?? 0) + (b.missed ?? b.atLeast ?? 0);
  return { record: 'gap', reason: 'buffer', from: a.from, to: b.to, missed, atLeast };
}
