import { disarmLine } from './disarm.ts';
import { displayWidth, padEnd, padStart, truncate } from './width.ts';

export interface Column {
  /** Absent in all columns: no line of headers. */
  readonly header?: string | undefined;
  /** Default left. Numbers are read from the right. */
  readonly align?: 'left' | 'right' | undefined;
  /** Gives up columns first when the table is too wide; without any such column the widest gives. */
  readonly shrinks?: boolean | undefined;
}

/** The style is put on after cutting and filling, so it never counts as width. */
export interface StyledCell {
  readonly text: string;
  readonly style?: ((text: string) => string) | undefined;
}
export type Cell = string | number | StyledCell | undefined;

export interface TableOptions {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** The terminal's columns; default no limit. */
  readonly width?: number | undefined;
  readonly headerStyle?: ((text: string) => string) | undefined;
  readonly ellipsis?: string | undefined;
  readonly indent?: number | undefined;
}

const GAP = 2;
/** No column is cut below this, however narrow the terminal; then lines wrap, which loses nothing. */
const NARROWEST = 6;

/** Lines of aligned columns without borders and without blanks at their ends. Text in cells is disarmed here. */
export function renderTable(options: TableOptions): string[] {
  const { columns, ellipsis } = options;
  const indent = ' '.repeat(options.indent ?? 0);
  const headers = columns.map(({ header }) => ({ text: header ?? '', style: options.headerStyle }));
  const shown = options.rows.map((row) => columns.map((_, index) => cellOf(row[index])));
  const all = columns.some(({ header }) => header !== undefined) ? [headers, ...shown] : shown;

  const natural = columns.map((_, index) =>
    all.reduce((most, row) => Math.max(most, displayWidth(row[index]!.text)), 0),
  );
  const room = (options.width ?? Number.POSITIVE_INFINITY) - indent.length - GAP * (columns.length - 1);
  const widths = fit(natural, columns, room);

  return all.map((row) => {
    const cells = row.map(({ text, style }, index) => {
      const width = widths[index]!;
      const cut = truncate(text, width, ellipsis);
      const right = columns[index]!.align === 'right';
      const filled = right ? padStart(cut, width) : padEnd(cut, width);
      const core = filled.trim();
      const at = filled.indexOf(core);
      // Only the text is styled, not the blanks around it: underlines and backgrounds would show.
      return style === undefined || core === ''
        ? filled
        : filled.slice(0, at) + style(core) + filled.slice(at + core.length);
    });
    return (indent + cells.join(' '.repeat(GAP))).trimEnd();
  });
}

function cellOf(cell: Cell): StyledCell {
  if (cell === undefined) return { text: '' };
  if (typeof cell === 'object') return { text: disarmLine(cell.text), style: cell.style };
  return { text: disarmLine(String(cell)) };
}

/** Takes from the widest column that may shrink until all fit; from the others only when those have no more to give. */
function fit(natural: readonly number[], columns: readonly Column[], room: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  while (excess > 0) {
    const order = widths
      .map((width, index) => ({ width, index, willing: columns[index]!.shrinks === true }))
      .filter(({ width }) => width > NARROWEST)
      .sort((a, b) => Number(b.willing) - Number(a.willing) || b.width - a.width);
    const [widest, second] = order;
    if (widest === undefined) return widths;
    // Down to the second widest of its kind, or by what is missing; at least one, so that equals take turns.
    const next = second?.willing === widest.willing ? second.width : NARROWEST;
    const step = Math.max(1, Math.min(excess, widest.width - next));
    widths[widest.index] = widest.width - step;
    excess -= step;
  }
  return widths;
}
