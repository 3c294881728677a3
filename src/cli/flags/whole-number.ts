import { HeddleError } from '../../errors.ts';
import { quotedValue } from '../screen/looks-secret.ts';
import type { Parse } from './flag.ts';

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
  throw new HeddleError('usage', `${flag}: ${quotedValue(text)} ${problem}`);
}

/** A flag's value, within limits of which only the one that it breaks is told. */
export function wholeNumber(limits: { readonly min?: number; readonly max: number }): Parse<number> {
  return (text, flag) => parseWholeNumber(text, flag, limits);
}

/** A flag's value, where both limits are worth telling. */
export function wholeFrom(min: number, max: number): Parse<number> {
  return (text, flag) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new HeddleError('usage', `${flag}: ${quotedValue(text)} is no whole number from ${min} to ${max}`);
  };
}
