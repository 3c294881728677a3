import { HeddleError } from '../../errors.ts';
import { quoted } from '../screen/disarm.ts';

/** A count from a flag; a `usage` error names the flag. */
export function parseWholeNumber(text: string, flag: string, { min = 0, max = Number.MAX_SAFE_INTEGER } = {}): number {
  const value = /^\d{1,16}$/.test(text.trim()) ? Number(text) : Number.NaN;
  const problem = Number.isNaN(value)
    ? 'is not a whole number'
    : value < min
      ? `is less than ${min}`
      : value > max
        ? `is more than ${max}`
        : undefined;
  if (problem === undefined) return value;
  throw new HeddleError('usage', `${flag}: ${quoted(text)} ${problem}`);
}
