import type { Report } from '../../preflight/report.ts';
import { EXIT, type ExitCode } from '../exit.ts';

export type FailOn = 'error' | 'warning';

/** Decided from the report alone, so that no format changes it. */
export function exitOf(report: Report, failOn: FailOn): ExitCode {
  const bad = report.results.filter(
    ({ status }) => status === 'failed' || (failOn === 'warning' && status === 'warning'),
  );
  if (bad.length === 0) return EXIT.ok;
  const groups = new Set(bad.filter(({ status }) => status === 'failed').map(({ group }) => group));
  if (groups.has('settings')) return EXIT.usage;
  return groups.has('connection') || groups.has('permissions') ? EXIT.bus : EXIT.no;
}

/** That world's own: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. */
export function nagiosExitOf(report: Report, failOn: FailOn): ExitCode {
  const codes: readonly ExitCode[] = [EXIT.ok, EXIT.no, EXIT.usage];
  return codes[nagiosState(report, failOn)] ?? EXIT.bus;
}

export function nagiosState(report: Report, failOn: FailOn): 0 | 1 | 2 {
  if (report.verdict === 'failed' || (failOn === 'warning' && report.verdict === 'warnings')) return 2;
  return report.verdict === 'warnings' ? 1 : 0;
}
