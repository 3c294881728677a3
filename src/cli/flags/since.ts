import { HeddleError, isHeddleError } from '../../errors.ts';
import { quotedValue } from '../screen/looks-secret.ts';
import { parseDuration } from './duration.ts';

/** How long ago, or when; in milliseconds, since 1970 for the latter. */
export type Since = { readonly agoMs: number } | { readonly at: number };

const DAY_MS = 86_400_000;

/** A flag's value: `1h`, `2d`, `2026-04-29T12:00:00Z`. */
export function readSince(written: string, flag: string): Since {
  if (/^\d{4}-\d{2}-\d{2}/.test(written)) {
    const at = Date.parse(written);
    if (!Number.isNaN(at)) return { at };
    throw new HeddleError('usage', `${flag}: ${JSON.stringify(written)} is no time`, {
      hint: 'Write it as 2026-04-29T12:00:00Z, or as a duration: 1h.',
    });
  }
  try {
    return { agoMs: readAge(written, flag) };
  } catch (thrown) {
    if (!isHeddleError(thrown) || /^\d/.test(written)) throw thrown;
    throw new HeddleError('usage', `${flag}: ${quotedValue(written)} is neither a duration nor a time`, {
      hint: 'Write how long ago, as 90s, 5m, 1h or 2d, or when, as 2026-04-29 or 2026-04-29T12:00:00Z.',
    });
  }
}

/** A duration that may be longer than a timer can wait: `30d`, and whatever other flags take. */
export function readAge(written: string, flag: string): number {
  const days = /^(\d{1,5})d$/.exec(written)?.[1];
  return days === undefined ? parseDuration(written, flag, { min: 1 }) : Math.max(1, Number(days)) * DAY_MS;
}

export function sinceTime(since: Since, now: number): number {
  return 'at' in since ? since.at : now - since.agoMs;
}
