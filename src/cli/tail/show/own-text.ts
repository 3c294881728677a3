import type { GapRecord, OrphanRecord } from '../../../tail/record.ts';
import { formatDuration } from '../../flags/duration.ts';
import { formatCount } from '../../screen/count.ts';
import { disarmLine } from '../../screen/disarm.ts';
import { timeOfDay } from './time-of-day.ts';

/** What a gap means, in one line. */
export function gapText({ reason, from, to, missed, atLeast, detail }: GapRecord): string {
  const span = `${timeOfDay(from)} to ${timeOfDay(to)}`;
  const why = detail === undefined ? '' : ` (${disarmLine(detail)})`;
  if (reason === 'buffer') return `the output was too slow: ${amount(missed, atLeast)} dropped, ${span}`;
  if (reason === 'unreadable') return `${amount(missed, atLeast, 'line')} could not be read${why}`;
  return `${WHY[reason]}${why} for ${formatDuration(to - from)}, ${span}: ${lost(missed, atLeast)}`;
}

const WHY = {
  disconnected: 'disconnected',
  stale: 'the path to the server was dead',
  slow_consumer: 'the server cut us off as too slow',
  history: 'the past could not be read',
} as const;

function lost(missed: number | undefined, atLeast: number | undefined): string {
  if (missed !== undefined) return `${amount(missed, atLeast)} missed`;
  if (atLeast !== undefined) return `${amount(atLeast, undefined)} missed at least`;
  return 'messages may have been missed';
}

function amount(missed: number | undefined, atLeast: number | undefined, what = 'message'): string {
  const known = missed ?? atLeast;
  if (known === undefined) return `${what}s`;
  const number = `${formatCount(known)} ${what}${known === 1 ? '' : 's'}`;
  return missed === undefined ? `at least ${number}` : number;
}

export function orphanText({ task, worker, tier, waitedMs }: OrphanRecord): string {
  const to = worker === undefined ? '' : ` to ${disarmLine(worker)}${tier === undefined ? '' : `.${disarmLine(tier)}`}`;
  return `task ${disarmLine(task.slice(0, 128))}${to} has no answer after ${formatDuration(waitedMs)}`;
}

/** 1st, 2nd, 3rd, 11th. */
export function ordinal(number: number): string {
  const tens = number % 100;
  const ending = tens >= 11 && tens <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][number % 10] ?? 'th');
  return `${number}${ending}`;
}
