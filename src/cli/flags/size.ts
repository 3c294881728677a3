import { HeddleError } from '../../errors.ts';
import { quotedValue } from '../screen/looks-secret.ts';
import type { Parse } from './flag.ts';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};
const WRITTEN = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i;

/** Bytes: `1024`, `10MB` (millions), `64MiB` (1024 times 1024); a `usage` error names the flag. */
export function parseSize(text: string, flag: string, { min = 0, max = Number.MAX_SAFE_INTEGER } = {}): number {
  const [, amount, unit] = WRITTEN.exec(text.trim()) ?? [];
  const factor = UNITS[unit?.toLowerCase() ?? '?'];
  const bytes = amount === undefined || factor === undefined ? Number.NaN : Math.floor(Number(amount) * factor);
  const problem = Number.isNaN(bytes)
    ? 'is not a size'
    : bytes < min
      ? `is less than ${formatSize(min)}`
      : bytes > max
        ? `is more than ${formatSize(max)}`
        : undefined;
  if (problem === undefined) return bytes;
  throw new HeddleError('usage', `${flag}: ${quotedValue(text)} ${problem}`, {
    hint: 'Write 1024 (bytes), 64KiB, 10MB or 64MiB.',
  });
}

/** A flag's value in bytes. */
export function size(limits: { readonly min: number; readonly max: number }): Parse<number> {
  return (text, flag) => parseSize(text, flag, limits);
}

/** For people: `512B`, `1.5KiB`, `64MiB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes}B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = bytes / 1024;
  let index = 0;
  while (value >= 1023.95 && index < units.length - 1) {
    value /= 1024;
    index++;
  }
  return `${value.toFixed(1).replace(/\.0$/, '')}${units[index]}`;
}
