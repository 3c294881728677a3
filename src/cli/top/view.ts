import type { TypedFilter } from './filter.ts';
import { arranged } from './order.ts';
import type { TopScreen, TopState } from './screen.ts';
import type { Sorting, Widths } from './table.ts';

/** One screen, and what a person made of it. */
export interface View {
  readonly screen: TopScreen;
  filter: TypedFilter | undefined;
  sorting: Sorting | undefined;
  /** By its id; undefined is the first row, or the last where the newest are followed. */
  chosen: unknown;
  /** The first row that is drawn. */
  offset: number;
  /** How many rows had room in the last picture. */
  room: number;
  readonly widths: Widths;
  /** While the picture is held. */
  held: readonly unknown[] | undefined;
}

export function viewOf(screen: TopScreen): View {
  const nothing = { filter: undefined, sorting: undefined, chosen: undefined, held: undefined };
  return { screen, ...nothing, offset: 0, room: 1, widths: new Map() };
}

/** In the order and as far as it is asked for. */
export function rowsOf({ screen, filter, sorting, held }: View, state: TopState): readonly unknown[] {
  return arranged(screen, held ?? screen.rows(state), filter, sorting);
}

/** Where the chosen row stands now; one that is gone leaves the choice where it began. */
export function placeOf({ screen, chosen }: View, rows: readonly unknown[]): number {
  const resting = screen.follows === true ? Math.max(0, rows.length - 1) : 0;
  if (chosen === undefined) return resting;
  const found = rows.findIndex((row) => screen.id(row) === chosen);
  return found < 0 ? resting : found;
}

/** Chooses another row, by the name of a key. */
export function move(view: View, rows: readonly unknown[], key: string): void {
  const last = rows.length - 1;
  const at = placeOf(view, rows);
  const page = Math.max(1, view.room - 1);
  const places: Readonly<Record<string, number>> = {
    ...{ up: at - 1, k: at - 1, down: at + 1, j: at + 1, 'page-up': at - page, 'page-down': at + page },
    ...{ home: 0, g: 0, end: last, G: last },
  };
  const to = places[key];
  if (to === undefined || rows.length === 0) return;
  const next = Math.min(last, Math.max(0, to));
  // Back where it began, it follows what comes to stand there.
  view.chosen = next === (view.screen.follows === true ? last : 0) ? undefined : view.screen.id(rows[next]);
}

/** What can be asked of its rows, whichever they are at this moment. */
export function placesOf({ columns = [], places = [] }: TopScreen): readonly string[] {
  return [...columns.map(({ key }) => key), ...places];
}
