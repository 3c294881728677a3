import { HeddleError } from '../../errors.ts';
import { quotedValue } from '../screen/looks-secret.ts';
import type { Parse } from './flag.ts';

/** Node's timers fire at once beyond this (24.8 days). */
export const LONGEST_DURATION_MS = 2 ** 31 - 1;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const WHOLE = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;
const PARTS = /(\d+(?:\.\d+)?)(ms|s|m|h)/g;
const BARE = /^\d+(?:\.\d+)?$/;

export type DurationReading = { readonly ms: number } | { readonly problem: string };

/** `500ms`, `1.5s`, `2m`, `1m30s`; a bare number is seconds, as in Heddle. Whole milliseconds, and never 0 unless written so. */
export function readDuration(text: string): DurationReading {
  const written = text.trim();
  let exact = 0;
  if (BARE.test(written)) exact = Number(written) * 1000;
  else if (WHOLE.test(written)) {
    for (const [, amount, unit] of written.matchAll(PARTS)) exact += Number(amount) * UNITS[unit!]!;
  } else if (/^-\s*[\d.]/.test(written)) return { problem: 'is negative' };
  else return { problem: 'is not a duration' };
  if (exact > LONGEST_DURATION_MS) return { problem: 'is longer than 24 days' };
  return { ms: exact > 0 ? Math.max(1, Math.round(exact)) : 0 };
}

export interface DurationLimits {
  /** In milliseconds; default 0. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** The value of a flag; a `usage` error names the flag. */
export function parseDuration(
  text: string,
  flag: string,
  { min = 0, max = LONGEST_DURATION_MS }: DurationLimits = {},
): number {
  const reading = readDuration(text);
  const problem =
    'problem' in reading
      ? reading.problem
      : reading.ms < min
        ? `is shorter than ${formatDuration(min)}`
        : reading.ms > max
          ? `is longer than ${formatDuration(max)}`
          : undefined;
  if (problem === undefined && 'ms' in reading) return reading.ms;
  throw new HeddleError('usage', `${flag}: ${quotedValue(text)} ${problem}`, { hint: DURATION_EXAMPLES });
}

/** A flag's value in milliseconds. */
export function duration(limits?: DurationLimits): Parse<number> {
  return (text, flag) => parseDuration(text, flag, limits);
}

export const DURATION_EXAMPLES = 'Write 500ms, 5s, 1.5s, 2m or 1h; a bare number is seconds.';

/** For people, and readable back: `0.4ms`, `12ms`, `1.2s`, `2m5s`, `1h3m`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return '?';
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 10 && !Number.isInteger(ms)) return `${trimmed(ms)}ms`;
  if (Math.round(ms) < 1000) return `${Math.round(ms)}ms`;
  if (ms < 59_950) return `${trimmed(ms / 1000)}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return twoUnits(Math.floor(seconds / 60), 'm', seconds % 60, 's');
  const minutes = Math.round(seconds / 60);
  return twoUnits(Math.floor(minutes / 60), 'h', minutes % 60, 'm');
}

function trimmed(value: number): string {
  return value.toFixed(1).replace(/\.0+$/, '');
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}
