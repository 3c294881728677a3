import { formatDuration } from '../flags/duration.ts';
import { formatCount } from '../screen/count.ts';
import { timeOfDay } from '../tail/show/time-of-day.ts';

/** What stands where nobody knows. Nothing is `0`, or a dash where there can be nothing. */
export const UNKNOWN = '?';

/** Events a second; unknown in the first second of all. */
export function rateText(perSecond: number | undefined): string {
  if (perSecond === undefined) return UNKNOWN;
  return `${perSecond >= 100 || perSecond === 0 ? formatCount(Math.round(perSecond)) : perSecond.toFixed(1)}/s`;
}

export function msText(ms: number | undefined): string {
  return ms === undefined ? '-' : formatDuration(ms);
}

/** How long something lasts so far, in steps that a person can read. */
export function ageText(ms: number): string {
  return formatDuration(Math.floor(Math.max(0, ms) / 1000) * 1000);
}

/** `09:14:03`. Not how long ago: that would have to be written anew every second of a quiet night. */
export function clockText(at: number | undefined): string {
  return at === undefined ? '-' : timeOfDay(at).slice(0, 8);
}

/** One word of a command line, for a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+:,./=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
