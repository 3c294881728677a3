import type { JsonObject } from '../../contract/json.ts';
import { manySoon } from '../../tail/filter.ts';
import { candidateOf, type TypedFilter } from './filter.ts';
import type { Column, TopScreen } from './screen.ts';
import type { Sorting } from './table.ts';

/** The rows that a filter lets pass, in the order that was asked for; else as the screen has them, the broken ones first. */
export function arranged<R>(
  screen: TopScreen<R>,
  rows: readonly R[],
  filter: TypedFilter | undefined,
  sorting: Sorting | undefined,
): readonly R[] {
  const kept = filter?.filter === undefined || screen.filtersMessages === true ? rows : passing(screen, rows, filter);
  if (sorting === undefined) return kept;
  const { key, descending } = sorting;
  const valued = kept.map((row) => ({ row, value: screen.fields(row)[key] }));
  valued.sort((a, b) => compare(a.value, b.value, descending));
  return valued.map(({ row }) => row);
}

function passing<R>(screen: TopScreen<R>, rows: readonly R[], { filter }: TypedFilter): readonly R[] {
  // What a pattern took too long over is rather shown than lost, and what comes behind it: the next picture is due soon.
  const candidates = rows.map((row) => candidateOf(screen.fields(row)));
  const verdicts = filter && manySoon(filter, candidates);
  return rows.filter((_, at) => verdicts?.[at] !== 'drop');
}

/** What is not known stands last, whichever way round. */
function compare(a: JsonObject[string], b: JsonObject[string], descending: boolean): number {
  const unknown = Number(a === null || a === undefined) - Number(b === null || b === undefined);
  if (unknown !== 0) return unknown;
  const way = descending ? -1 : 1;
  if (typeof a === 'number' && typeof b === 'number') return (a - b) * way;
  return (String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0) * way;
}

/** One column further; past the last one, and before the first, the screen's own order. Numbers begin with the largest. */
export function nextSorting<R>(
  columns: readonly Column<R>[],
  sorting: Sorting | undefined,
  step: 1 | -1,
): Sorting | undefined {
  const at = sorting === undefined ? -1 : columns.findIndex(({ key }) => key === sorting.key);
  const places = columns.length + 1;
  const next = columns[((at + 1 + step + places) % places) - 1];
  return next === undefined ? undefined : { key: next.key, descending: next.align === 'right' };
}
