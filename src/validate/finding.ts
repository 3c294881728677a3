import type { Locator } from '../config/document.ts';
import type { Details, Place, Severity } from './rule.ts';

/** A place that outlives its document: what a reader needs to find it, and the line to show. */
export interface Spot {
  readonly file: string;
  /** From 1; columns count UTF-16 units; the end is exclusive. */
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  /** The text of the first line; empty when there is none. */
  readonly source: string;
}

export interface Finding extends Spot, Details {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
}

/** No line of a real config is longer; what is beyond is not shown. */
const MAX_SOURCE = 1000;

export function spot(document: Locator, place: Place): Spot {
  const start = document.position(place.start);
  const end = document.position(place.end);
  return {
    file: document.path,
    line: start.line,
    column: start.column,
    endLine: end.line,
    endColumn: end.column,
    source: document.line(start.line).slice(0, MAX_SOURCE),
  };
}

const WEIGHT: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/** In the order of the file; at one place the worst first. */
export function byPlace(a: Finding, b: Finding): number {
  return (
    a.line - b.line ||
    a.column - b.column ||
    WEIGHT[a.severity] - WEIGHT[b.severity] ||
    (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0)
  );
}

export function sameFinding(a: Finding, b: Finding | undefined): boolean {
  return b !== undefined && a.rule === b.rule && a.line === b.line && a.column === b.column && a.message === b.message;
}
