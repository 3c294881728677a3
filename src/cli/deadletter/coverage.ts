import type { GapReason } from '../../deadletter/gap.ts';
import type { Coverage } from '../../deadletter/scan.ts';
import { HeddleError } from '../../errors.ts';
import { counted, formatCount } from '../screen/count.ts';
import { disarmLine } from '../screen/disarm.ts';
import type { Session } from '../session.ts';
import { timeText } from './letter-line.ts';

const GAP_WORDS: Readonly<Record<GapReason, string>> = {
  not_watching: 'nobody watched',
  disconnected: 'the watch had no connection',
  overrun: 'they came faster than the disk took them',
};

/** Shorter than this, nobody minds. */
const MOMENT_MS = 1000;
const MOST_SHOWN = 5;

/** The same in lines for people. */
export function coverageLines({ firstAt, evicted, gaps, strange, lost, unread }: Coverage): string[] {
  const lines = unreadLines(unread);
  if (firstAt !== undefined) {
    const gone = evicted.map(({ name, count }) => `${formatCount(count)} older of ${disarmLine(name)}`);
    lines.push(
      `first kept: ${timeText(firstAt)}${gone.length === 0 ? '' : `; evicted or removed: ${gone.join(', ')}`}`,
    );
  }
  const long = gaps.filter(({ from, to, reason }) => reason !== 'not_watching' || to - from > MOMENT_MS);
  for (const { reason, from, to, missed } of long.slice(-MOST_SHOWN)) {
    const many = missed === undefined ? '' : ` (${formatCount(missed)} missed)`;
    lines.push(`gap: ${GAP_WORDS[reason]} from ${timeText(from)} to ${timeText(to)}${many}`);
  }
  if (long.length > MOST_SHOWN) lines.push(`and ${counted(long.length - MOST_SHOWN, 'gap')} before`);
  if (strange > 0) lines.push(`${counted(strange, 'record')} there that nobody of ours wrote`);
  if (lost > 0) lines.push(`${counted(lost, 'message')} evicted while they were read`);
  return lines;
}

/** For what has no place for it in its answer. */
export function warnOfUnread({ talk }: Session, { unread }: Coverage): void {
  for (const line of unreadLines(unread)) talk.warn(line);
}

/** Where less than all would be something else than was asked for. */
export function notAllRead({ unread }: Coverage, so: string): HeddleError {
  const streams = unread.map(({ name }) => JSON.stringify(name)).join(', ');
  return new HeddleError('store_failed', `not all that ${streams} may keep was read, so ${so}`, {
    hint: 'A copy that is behind catches up by itself: try again. Reading around it takes the right to read single messages.',
    retryable: true,
  });
}

function unreadLines(unread: Coverage['unread']): string[] {
  return unread.map(
    ({ name, count }) =>
      `incomplete: up to ${counted(count, 'message')} of ${disarmLine(name)} did not come, and may be kept`,
  );
}
