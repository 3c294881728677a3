import type { Difference, StreamLimits } from './stream.ts';

const DEDUPE_MS = 120_000;

export type Limit = number | string | readonly string[];

/** What is wanted and is not so, by name. The order of subjects does not matter. */
export function differencesOf(
  is: Readonly<Record<string, Limit | undefined>>,
  wanted: Readonly<Record<string, Limit | undefined>>,
): Difference[] {
  const found: Difference[] = [];
  for (const [what, value] of Object.entries(wanted)) {
    if (value !== undefined && !isSame(is[what], value)) found.push({ what, is: is[what], wanted: value });
  }
  return found;
}

/** The limits with those that were asked for in their place. */
export function withLimits<T extends object>(is: T, wanted: T): T {
  return { ...is, ...Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)) };
}

/** An id that is remembered longer than its message would tell of one that is gone. */
export function dedupeMsOf({ dedupeMs, maxAgeMs }: StreamLimits): number {
  return dedupeMs ?? Math.min(DEDUPE_MS, maxAgeMs ?? DEDUPE_MS);
}

function isSame(is: Limit | undefined, wanted: Limit): boolean {
  if (typeof is !== 'object' || typeof wanted !== 'object') return is === wanted;
  return JSON.stringify([...is].sort()) === JSON.stringify([...wanted].sort());
}
