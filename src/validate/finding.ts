import type { Locator } from '../config/document.ts';
import type { Advice } from '../remedy.ts';

/**
 * error: Heddle rejects the config, or accepts it and it then fails or never answers. warning: accepted, and probably not
 * what was meant. note: worth knowing.
 */
export const SEVERITIES = ['error', 'warning', 'note'] as const;
/** How much a finding matters. */
export type Severity = (typeof SEVERITIES)[number];

/** A stretch of the file; every node is one. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** What a finding adds to its message; the advice says what to write instead, or where to look. */
export interface Details extends Advice {
  /** Where Heddle's own validate reports the same: the key that its message is about. Absent: Heddle says nothing. */
  readonly key?: string | undefined;
  /** Heddle's validate ends in a traceback here. */
  readonly crash?: boolean | undefined;
  /** Only Heddle objects; the config works. */
  readonly heddleOnly?: boolean | undefined;
}

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

/** One thing that a rule says, with its place in the file and what to do. */
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
