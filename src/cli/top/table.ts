import type { StyledCell } from '../screen/table.ts';
import { renderTable } from '../screen/table.ts';
import { displayWidth, padEnd, padStart } from '../screen/width.ts';
import type { Column, Look } from './screen.ts';

/** By which column, and which way round. */
export interface Sorting {
  readonly key: string;
  readonly descending: boolean;
}

/** The widths that columns had in pictures before, so that a number which gets a digit does not move all others to and fro. */
export type Widths = Map<string, number>;

/** No column is held wider than this by what it once showed. */
const MOST_HELD = 24;
const GAP = 2;
/** What a column that gives way needs at least, before others are left out. */
const LEAST = 14;

/** The header and a line for each row, as wide as the look; columns that have no room are left out. */
export function tableLines<R>(
  columns: readonly Column<R>[],
  rows: readonly R[],
  { sorting, widths, look }: { readonly sorting: Sorting | undefined; readonly widths: Widths; readonly look: Look },
): readonly string[] {
  const cells = columns.map((column) => rows.map((row) => cellOf(column, row, look)));
  const headers = columns.map((column) => headerOf(column, sorting, look));
  const natural = columns.map((column, at) => {
    const widest = Math.max(
      displayWidth(headers[at] ?? ''),
      ...(cells[at] ?? []).map(({ text }) => displayWidth(text)),
    );
    if (column.shrinks === true) return widest;
    const held = Math.max(widest, Math.min(MOST_HELD, widths.get(column.key) ?? 0));
    widths.set(column.key, held);
    return held;
  });
  const shown = fitting(columns, natural, look.width);
  const fill = (text: string, at: number): string => {
    const column = columns[at];
    if (column?.shrinks === true) return text;
    return column?.align === 'right' ? padStart(text, natural[at] ?? 0) : padEnd(text, natural[at] ?? 0);
  };
  return renderTable({
    columns: shown.map((at) => ({
      header: fill(headers[at] ?? '', at),
      align: columns[at]?.align,
      shrinks: columns[at]?.shrinks,
    })),
    rows: rows.map((_, row) =>
      shown.map((at) => ({ ...cells[at]?.[row], text: fill(cells[at]?.[row]?.text ?? '', at) })),
    ),
    width: look.width,
    headerStyle: look.style.faint,
    ellipsis: look.symbols.ellipsis,
  });
}

/** The places of the columns that have room; those that may go, go by their rank. */
function fitting<R>(columns: readonly Column<R>[], natural: readonly number[], width: number): number[] {
  const shown = columns.map((_, at) => at);
  const need = (): number =>
    shown.reduce(
      (sum, at) => {
        const wide = natural[at] ?? 0;
        return sum + (columns[at]?.shrinks === true ? Math.min(wide, LEAST) : wide);
      },
      GAP * (shown.length - 1),
    );
  while (need() > width) {
    const ranks = shown.map((at) => columns[at]?.rank ?? 0);
    const worst = Math.max(...ranks);
    if (worst === 0) break;
    shown.splice(ranks.indexOf(worst), 1);
  }
  return shown;
}

function headerOf<R>({ key, header }: Column<R>, sorting: Sorting | undefined, { unicode }: Look): string {
  if (sorting?.key !== key) return header;
  return `${header}${unicode ? (sorting.descending ? '▾' : '▴') : sorting.descending ? 'v' : '^'}`;
}

function cellOf<R>({ cell }: Column<R>, row: R, look: Look): StyledCell {
  const made = cell(row, look);
  if (made === undefined) return { text: '' };
  return typeof made === 'object' ? made : { text: String(made) };
}
