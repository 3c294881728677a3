import { disarmLine } from '../screen/disarm.ts';
import type { Line } from '../screen/live/stage.ts';
import { headerLines } from './header.ts';
import { type Over, pageLines } from './over.ts';
import type { Look, TopScreen, TopState } from './screen.ts';
import { tableLines } from './table.ts';
import { placeOf, rowsOf, type View } from './view.ts';

/** All that a picture is made from. */
export interface Scene {
  readonly state: TopState;
  readonly screens: readonly TopScreen[];
  /** Which of them is shown. */
  readonly at: number;
  readonly view: View;
  readonly over: Over | undefined;
  readonly note: string;
  readonly paused: boolean;
}

/** The whole screen: the header, the rows or what lies over them, a line at the foot. */
export function picture(scene: Scene, height: number, look: Look): readonly Line[] {
  const { state, view, over } = scene;
  const head = headerLines({ ...scene, height }, look).slice(0, Math.max(1, height - 2));
  const room = Math.max(1, height - head.length - 1);
  view.room = room;
  const body = over?.over === 'page' ? pageLines(over, room, look) : rowLines(view, state, room, look);
  const lines: Line[] = [...head, ...body.slice(0, room)];
  while (lines.length < height - 1) lines.push('');
  return [...lines, foot(scene, look)];
}

const MARK = '  ';
const CHOSEN = '> ';

function rowLines(view: View, state: TopState, room: number, look: Look): readonly Line[] {
  const { screen, filter } = view;
  const rows = rowsOf(view, state);
  const summary = look.style.faint(disarmLine(screen.head(rows, state)));
  if (rows.length === 0) {
    const filtered = filter !== undefined && screen.filtersMessages !== true;
    return [summary, filtered ? 'no row passes the filter' : disarmLine(screen.nothing(state))];
  }
  const inner: Look = { ...look, width: Math.max(1, look.width - MARK.length) };
  const at = placeOf(view, rows);
  view.room = Math.max(1, room - (screen.columns === undefined ? 1 : 2));
  return [summary, ...(screen.columns === undefined ? ownLines(view, rows, at, inner) : table(view, rows, at, inner))];
}

function table(view: View, rows: readonly unknown[], at: number, look: Look): readonly Line[] {
  const { screen, room, sorting, widths } = view;
  const lowest = Math.max(0, Math.min(at, rows.length - room));
  view.offset = Math.min(Math.max(view.offset, at - room + 1), lowest);
  const shown = rows.slice(view.offset, view.offset + room);
  const [header = '', ...lines] = tableLines(screen.columns ?? [], shown, { sorting, widths, look });
  return [`${MARK}${header}`, ...lines.map((line, index) => marked(line, index + view.offset === at))];
}

function ownLines(view: View, rows: readonly unknown[], at: number, look: Look): readonly Line[] {
  const { screen, room } = view;
  const linesOf = (place: number): readonly string[] => screen.lines?.(rows[place], look) ?? [];
  // From the chosen row upwards, as many as have room, is as far up as the picture may begin.
  let first = at;
  let taken = linesOf(at).length;
  while (first > 0 && taken + linesOf(first - 1).length <= room) {
    first -= 1;
    taken += linesOf(first).length;
  }
  view.offset = Math.min(Math.max(view.offset, first), at);
  const lines: Line[] = [];
  for (let place = view.offset; place < rows.length && lines.length < room; place += 1) {
    // The newest of what is followed needs no mark.
    const chosen = place === at && (screen.follows !== true || view.chosen !== undefined);
    lines.push(...linesOf(place).map((line, index) => (index === 0 ? marked(line, chosen) : `${MARK}${line}`)));
  }
  return lines;
}

function marked(line: string, chosen: boolean): Line {
  return chosen ? { text: `${CHOSEN}${line}`, chosen: true } : `${MARK}${line}`;
}

function foot({ over, note, view: { filter } }: Scene, { style, width }: Look): string {
  if (over?.over === 'prompt') return over.prompt.text(width);
  if (over?.over === 'question') return style.strong(disarmLine(over.question));
  if (note !== '') return style.strong(disarmLine(note));
  const keys = over?.over === 'page' ? 'Esc back' : '? help  / filter  < > sort  space hold  y script  q end';
  if (filter === undefined) return style.faint(keys);
  return `${style.accent(`/${disarmLine(filter.written)}`)}${style.faint(`  (Esc shows all)  ${keys}`)}`;
}
