import { HeddleError } from '../../errors.ts';
import type { Counts, FileResult } from '../../validate/engine.ts';
import type { Severity } from '../../validate/finding.ts';
import type { Session } from '../session.ts';

/** What a format is given: everything that is known, the decision about the exit code included. */
export interface Results {
  readonly files: readonly FileResult[];
  readonly counts: Counts & { readonly files: number; readonly invalid: number };
  readonly failOn: Severity;
  readonly ok: boolean;
}

/** Writes the results to stdout, all at once. */
export type ResultsWriter = (session: Session, results: Results) => void;

/** The formats for editors and services are made for findings in files, and for nothing else. */
export function onlyHumanOrJson({ format }: Session, what: string): void {
  if (format === 'human' || format === 'json') return;
  throw new HeddleError('usage', `${what} writes human and json, not ${format}`);
}
