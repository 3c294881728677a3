import { idInWords } from '../../deadletter/document.ts';
import type { Standing } from '../../deadletter/standing.ts';
import type { Letter } from '../../letters/letter.ts';
import { disarmLine } from '../screen/disarm.ts';
import { padEnd } from '../screen/width.ts';
import type { Screen } from '../session.ts';

const LABELS: Readonly<Record<Letter['kind'], string>> = {
  refusal: 'refused',
  failed_result: 'failed',
  orphan: 'orphan',
  failed_goal: 'goal',
  unreadable_result: 'unreadable',
  rejection: 'rejected',
};

/** `2026-11-28 07:12:44` */
export function timeText(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}

/** One letter on one line. */
export function letterLine(letter: Letter, standing: Standing | undefined, { style }: Screen): string {
  const { id, at, kind, worker, goal, reason } = letter;
  const who = worker ?? (goal === undefined ? '-' : `goal ${goal}`);
  const task = idInWords(letter);
  const parts = [
    style.accent(padEnd(id, 12)),
    style.faint(timeText(at)),
    style.bad(LABELS[kind].padEnd(10)),
    padEnd(disarmLine(who).slice(0, 24), 12),
    disarmLine(reason.slice(0, 400)),
    ...(task === null ? [] : [style.faint(`task ${disarmLine(task.slice(0, 128))}`)]),
    ...marksOf(standing).map((mark) => style.warn(mark)),
  ];
  return parts.join('  ');
}

function marksOf(standing: Standing | undefined): string[] {
  if (standing === undefined) return [];
  const { state, returns } = standing;
  return [
    ...(state === 'open' ? [] : [`[${state}]`]),
    ...(returns === 0 ? [] : [`[came back ${returns === 1 ? 'once' : `${returns} times`}]`]),
  ];
}
