import type { Change } from '../../preflight/changes.ts';
import { disarmLine } from '../screen/disarm.ts';
import type { Screen } from '../session.ts';
import { mark } from './problem-lines.ts';

/** One change on one line, with the time of day; without a change, that all is well. */
export function changeLine(change: Change | undefined, time: Date, screen: Screen): string {
  const clock = screen.style.faint(clockOf(time));
  return change === undefined ? `${clock} ${screen.style.good('all is well')}` : `${clock} ${inWords(change, screen)}`;
}

export function waitingLine(change: Change, screen: Screen): string {
  return inWords(change, screen);
}

function inWords(change: Change, screen: Screen): string {
  const { result } = change;
  const head = `${mark(result, screen)} ${screen.style.strong(result.id)}`;
  switch (change.kind) {
    case 'recovered':
      return `${head} ${result.title} again`;
    case 'skipped':
      return `${head}${change.others === 0 ? '' : ` and ${change.others} more`} skipped: ${disarmLine(result.reason ?? '')}`;
    default: {
      const counting = result.findings.filter(({ ignored }) => !ignored);
      const more = counting.length > 1 ? ` (and ${counting.length - 1} more)` : '';
      return `${head} ${disarmLine(counting[0]?.problem ?? '')}${more}`;
    }
  }
}

function clockOf(time: Date): string {
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((each) => String(each).padStart(2, '0')).join(':');
}
