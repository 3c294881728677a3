import { HeddleError } from '../../errors.ts';
import { quotedValue } from '../screen/looks-secret.ts';

export interface Rate {
  readonly perSecond: number;
  /** Between two, in milliseconds. */
  readonly intervalMs: number;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, sec: 1, m: 60, min: 60, h: 3600 };
const WRITTEN = /^(\d+(?:\.\d+)?)(?:\/(s|sec|m|min|h))?$/;
/** Faster is not a rate that anybody paces; slower than one in 24 days no timer can wait for. */
const FASTEST = 1e7;
const LONGEST_INTERVAL_MS = 2 ** 31 - 1;

/** `50/s`, `100/m`, `0.5/s`; a bare number is per second; a `usage` error names the flag. */
export function parseRate(text: string, flag: string): Rate {
  const [, amount, unit] = WRITTEN.exec(text.trim()) ?? [];
  const perSecond = amount === undefined ? Number.NaN : Number(amount) / SECONDS[unit ?? 's']!;
  const problem = Number.isNaN(perSecond)
    ? 'is not a rate'
    : perSecond === 0
      ? 'would never send anything'
      : perSecond > FASTEST
        ? 'is more than ten million a second'
        : 1000 / perSecond > LONGEST_INTERVAL_MS
          ? 'is slower than one in 24 days'
          : undefined;
  if (problem === undefined) return { perSecond, intervalMs: 1000 / perSecond };
  throw new HeddleError('usage', `${flag}: ${quotedValue(text)} ${problem}`, {
    hint: 'Write 50/s, 100/m or 10/h; a bare number is per second.',
  });
}

/** A flag's value. */
export function rate(text: string, flag: string): Rate {
  return parseRate(text, flag);
}
