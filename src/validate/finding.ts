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
  /** The text of the first line, or of a very long one the stretch around the place; empty when there is none. */
  readonly source: string;
  /** How much of the line stands before `source`. */
  readonly sourceFrom: number;
}

export interface Finding extends Spot, Details {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
}

/** Lines of real configs are shorter. Of a longer one only this much is kept: a file of one line may have many findings. */
const MAX_SOURCE = 1000;

export function spot(document: Locator, place: Place): Spot {
  const start = document.position(place.start);
  const end = document.position(place.end);
  const line = document.line(start.line);
  const sourceFrom = line.length > MAX_SOURCE ? Math.max(0, start.column - 1 - MAX_SOURCE / 2) : 0;
  return {
    file: document.path,
    line: start.line,
    column: start.column,
    endLine: end.line,
    endColumn: end.column,
    source: line.slice(sourceFrom, sourceFrom + MAX_SOURCE),
    sourceFrom,
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

/** Findings of one file that are alike in this say the same. */
export function identity({ line, column, rule, message }: Finding): string {
  return `${line}:${column}:${rule}:${message}`;
}
