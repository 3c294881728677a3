import type { Report } from '../../../preflight/report.ts';
import type { FailOn } from '../../preflight/exit.ts';
import type { Screen } from '../../session.ts';

export interface Rendering {
  /** The exit code says so too. */
  readonly ok: boolean;
  readonly failOn: FailOn;
  readonly screen: Screen;
  readonly verbose: boolean;
  readonly platform: NodeJS.Platform;
}

/** A whole report as text, its last line ended. Only reads: what counts was decided before. */
export type PreflightRenderer = (report: Report, rendering: Rendering) => string;
