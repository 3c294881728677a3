import type { Problem } from '../../topology/problem.ts';
import { formatCount } from '../screen/count.ts';
import { disarmLine } from '../screen/disarm.ts';
import { fitParts } from '../screen/fit-parts.ts';
import { PLAIN } from '../screen/style.ts';
import { symbolsFor } from '../screen/symbols.ts';
import { truncate } from '../screen/width.ts';
import { wrapped } from '../screen/wrap.ts';
import type { Screen } from '../session.ts';
import { timeOfDay } from '../tail/show/time-of-day.ts';
import type { Standing } from './changes.ts';
import { chosenHttp, chosenMap, isNarrow, nothingChosen } from './choice.ts';
import { headline, listenerTable, problemLines } from './formats/human.ts';
import { tasksPerSecond } from './rates.ts';
import { totalParts } from './totals.ts';
import type { StatusView } from './view.ts';

/** Something that changed, and when: milliseconds since 1970. */
export interface Change {
  readonly at: number;
  readonly text: string;
}

/** What a picture of `--watch` is made from. */
export interface Watched {
  /** Undefined before the first answer. */
  readonly view: StatusView | undefined;
  readonly standing: Standing | undefined;
  /** The servers do not answer, since when and why. */
  readonly trouble: { readonly since: number; readonly reason: string } | undefined;
  /** The last one first. */
  readonly changes: readonly Change[];
  /** The first row of the table that is shown. */
  readonly offset: number;
}

/** A picture that fits: the bus, the sums and the problems first, then what changed, then as many rows as there is room for. */
export function watchPicture(
  { view, standing, trouble, changes, offset }: Watched,
  height: number,
  screen: Screen,
): { readonly lines: readonly string[]; readonly offset: number } {
  const { style, width, unicode } = screen;
  const { ellipsis, fail } = symbolsFor(unicode);
  if (trouble !== undefined) {
    const since = timeOfDay(trouble.since).slice(0, 8);
    // Nobody knows who is there now: an old table would say more than that.
    const gone = truncate(`${fail} the bus is gone since ${since}; waiting for it`, width, ellipsis);
    const lines = [style.bad(gone), ...wrapped(trouble.reason, width, '  '), ''];
    return { lines: [...lines, ...changeLines(changes, height - lines.length, screen)], offset };
  }
  if (view === undefined || standing === undefined) return { lines: ['asking who is there'], offset };
  const { map, http, choice } = view;
  const { rows, problems, gaps } = standing;
  const top = [
    fitParts([{ text: headline(view, { ...screen, style: PLAIN }), rank: 0, style: style.strong }], width, ellipsis),
    fitParts(
      totalParts(chosenMap(map, choice), chosenHttp(http, choice), problems, tasksPerSecond(rows), style),
      width,
      ellipsis,
    ),
    ...(gaps.length === 0
      ? []
      : [style.warn(truncate(`out of sight: ${gaps.map(disarmLine).join('; ')}`, width, ellipsis))]),
  ];
  const left = height - top.length;
  const whole = choice.problems;
  const wrong = problemsThatFit(problems, Math.max(1, whole ? left - 2 : Math.floor(left / 3)), screen);
  const told = changeLines(changes, Math.max(0, Math.min(CHANGES, Math.floor(left / 5))), screen);
  const lines = [...top, ...wrong, ...told];
  if (whole) return { lines: lines.slice(0, height), offset: 0 };
  if (rows.length === 0) {
    const nobody = isNarrow(choice) ? nothingChosen(map, choice) : 'nobody of Heddle is on this bus';
    return { lines: [...lines, `  ${nobody}`].slice(0, height), offset: 0 };
  }
  const room = Math.max(1, height - lines.length - 2);
  const from = Math.max(0, Math.min(offset, rows.length - room));
  // Widths are of all rows, so that they stand still while somebody looks further down.
  const [header = '', ...table] = listenerTable(rows, screen);
  const above = from === 0 ? '' : `${formatCount(from)} above`;
  const below = rows.length - from - room;
  const more = [below > 0 ? `${ellipsis} ${formatCount(below)} more` : '', above].filter(Boolean).join(', ');
  return {
    lines: [...lines, header, ...table.slice(from, from + room), style.faint(more)].slice(0, height),
    offset: from,
  };
}

const CHANGES = 4;

/** Errors first, each with its remedy where all have room, else a line each; what has none is counted. */
function problemsThatFit(problems: readonly Problem[], room: number, screen: Screen): readonly string[] {
  const { style, unicode, width } = screen;
  const symbols = symbolsFor(unicode);
  const ordered = [
    ...problems.filter(({ severity }) => severity === 'error'),
    ...problems.filter(({ severity }) => severity !== 'error'),
  ];
  const full = ordered.flatMap((each) => problemLines(each, screen));
  if (full.length <= room) return full;
  const shown = ordered.length <= room ? ordered : ordered.slice(0, Math.max(1, room - 1));
  const lines = shown.map(({ severity, message }) => {
    const bad = severity === 'error';
    const mark = bad ? symbols.fail : symbols.warn;
    return (bad ? style.bad : style.warn)(truncate(`  ${mark} ${disarmLine(message)}`, width, symbols.ellipsis));
  });
  const hidden = ordered.length - shown.length;
  return hidden === 0 ? lines : [...lines, style.warn(`  ${symbols.ellipsis} ${formatCount(hidden)} more problems`)];
}

function changeLines(changes: readonly Change[], room: number, { style, width, unicode }: Screen): readonly string[] {
  const { ellipsis } = symbolsFor(unicode);
  return changes
    .slice(0, Math.max(0, room))
    .map(({ at, text }) =>
      style.accent(truncate(`  ${timeOfDay(at).slice(0, 8)}  ${disarmLine(text)}`, width, ellipsis)),
    );
}
