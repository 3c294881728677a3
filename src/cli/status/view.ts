import type { Expected } from '../../preflight/expected.ts';
import { differenceOf } from '../../preflight/status-document.ts';
import type { HttpWorkers } from '../../topology/http-workers.ts';
import type { Kept } from '../../topology/kept.ts';
import { problemsOf } from '../../topology/problems.ts';
import type { Topology } from '../../topology/topology.ts';
import type { Standing } from './changes.ts';
import { type Choice, chosenProblems, chosenRows } from './choice.ts';
import { type ListenerRow, listenerRows } from './rows.ts';

/** What is known of the bus at one moment. */
export interface Seen {
  readonly map: Topology;
  /** What streams keep of it. */
  readonly kept: Kept | 'unknown';
  readonly http: HttpWorkers;
}

export interface StatusView extends Seen {
  /** The server, or that it was the monitoring port. */
  readonly where: string;
  /** What configs say should be there; undefined when none were named. */
  readonly expected: Expected | undefined;
  readonly choice: Choice;
}

/** Where the map comes from. */
export interface Source {
  readonly where: string;
  /** Anew at each call. */
  read(): Promise<Seen>;
  /** Tells at once when the connection goes, with why, and when it is back; a monitoring port has none. Returns the undo. */
  onLink(listener: (gone: string | undefined) => void): () => void;
}

/** How the bus is read, again and again, and what is made of it. */
export interface Watching {
  readonly everyMs: number;
  readonly source: Source;
  viewOf(seen: Seen): StatusView;
  /** The whole picture. */
  render(view: StatusView): string;
}

/** The whole picture as text, its last line ended. */
export type StatusWriter = (view: StatusView) => string;

/** Who is shown, and what is wrong, as far as it was asked for. `knowMore`: adds what is known of rows before they are ordered. */
export function standingOf(
  { map, kept, http, expected, choice }: StatusView,
  knowMore: (rows: readonly ListenerRow[]) => readonly ListenerRow[] = (rows) => rows,
): Standing {
  return {
    rows: chosenRows(knowMore(listenerRows(map, differenceOf(map, expected, http), http)), choice),
    problems: chosenProblems(problemsOf(map, kept, http), map, http, choice),
    gaps: [...map.gaps, ...http.unknown],
    httpUnknown: http.unknown.length > 0,
  };
}
