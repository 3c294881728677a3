import type { Report } from '../../preflight/report.ts';
import type { FailOn } from './exit.ts';

/** What was decided from the report before anything is shown. */
export interface Decided {
  /** The exit code says so too. */
  readonly ok: boolean;
  readonly failOn: FailOn;
  /** A signal ended the wait: the report is of the last round that came to its end. */
  readonly interrupted?: boolean | undefined;
}

/** A whole report as text, its last line ended. Only reads: what counts was decided before. */
export type ReportWriter = (report: Report, decided: Decided) => string;
