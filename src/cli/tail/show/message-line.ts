import { type SubjectMeaning, subjectKind } from '../../../contract/subject-meaning.ts';
import type { MessageRecord } from '../../../tail/record.ts';
import { formatSize } from '../../flags/size.ts';
import { disarmLine } from '../../screen/disarm.ts';
import { huesFor, type Style } from '../../screen/style.ts';
import { symbolsFor } from '../../screen/symbols.ts';
import { padEnd } from '../../screen/width.ts';
import type { Screen } from '../../session.ts';
import { Line, LONGEST_DETAIL } from './line.ts';
import { detailOf, durationOf, marksOf, stateOf } from './message-parts.ts';
import { timeOfDay } from './time-of-day.ts';
import { workerCells } from './worker-cells.ts';

/** Ids are cut to this where a line is narrow; `--task` and its like take the cut form. */
const SHORT_ID = 8;
const LONGEST_STATE = 'for frontier'.length;
const WHOLE_ID = 36;
const ROOM_FOR_WHOLE_IDS = 110;
const LABELS = {
  task: 'task',
  result: 'result',
  goal: 'goal',
  dead_letter: 'dead',
  control: 'control',
  unknown: 'unknown',
} as const;

/** What no message of a kind of ours is, named by its subject. */
const EVENT_LABELS: Partial<Record<SubjectMeaning['kind'], string>> = {
  event: 'event',
  command: 'command',
  rejection: 'reject',
  dedup: 'dedup',
};

function labelOf({ decoded, subject }: MessageRecord): string {
  const named = decoded.kind === 'unknown' ? EVENT_LABELS[subjectKind(subject)] : undefined;
  return named ?? LABELS[decoded.kind];
}

/** One message as one line of columns, as wide as the screen. */
export type MessageLine = (record: MessageRecord, look: Style) => string;

export async function messageLine(screen: Screen, wide: boolean): Promise<MessageLine> {
  return messageLineWith(screen, wide, await huesFor(screen.color));
}

/** The same where the colours are loaded: for who makes it anew at each width. */
export function messageLineWith(
  screen: Screen,
  wide: boolean,
  hues: readonly ((text: string) => string)[],
): MessageLine {
  const { style, width } = screen;
  const symbols = symbolsFor(screen.unicode);
  const workers = workerCells(hues);
  const wholeIds = width >= ROOM_FOR_WHOLE_IDS;
  const id = (text: string | undefined): string => {
    if (text === undefined) return '';
    return disarmLine(wholeIds ? text.slice(0, 128) : text.slice(0, SHORT_ID));
  };

  return (record, look) => {
    const { decoded, facts, pair } = record;
    const line = new Line(width, wide);
    line.add(timeOfDay(record.receivedAt), look.faint);
    const label = labelOf(record);
    line.add(label.padEnd(7), decoded.kind === 'dead_letter' || label === 'reject' ? look.bad : undefined);
    line.addStyled(workers(facts.worker, look !== style));
    const [state, paint] = stateOf(record, look);
    line.add(state.padEnd(LONGEST_STATE), paint);
    line.add(durationOf(record).padStart(7), look.faint);
    if (wide) {
      line.add(padEnd(disarmLine(facts.tier ?? '').slice(0, 8), 8));
      line.add(formatSize(record.bytes.length).padStart(7), look.faint);
    }
    line.add(padEnd(id(decoded.kind === 'goal' ? facts.goal : facts.task), wholeIds ? WHOLE_ID : SHORT_ID));
    for (const mark of marksOf(record, look)) line.add(mark.text, mark.paint);
    if (wide) {
      if (facts.goal !== undefined && decoded.kind !== 'goal') line.add(`goal ${id(facts.goal)}`, look.faint);
      line.add(disarmLine(record.subject), look.faint);
    }
    const detail = detailOf(record, wide);
    if (detail !== '')
      line.add(disarmLine(detail.slice(0, 4 * LONGEST_DETAIL)), facts.error === undefined ? undefined : paint, true);
    if (pair?.stages !== undefined) {
      const { seen, completed, failed } = pair.stages;
      line.add(`${completed} of ${seen} stages${failed > 0 ? `, ${failed} failed` : ''}`, look.faint);
    }
    return line.text(symbols.ellipsis);
  };
}
