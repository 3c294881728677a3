import type { Report } from './report.ts';

/** `ready: 24 checks passed`, or the first thing that stands in the way: for exec probes and /readyz. */
export function readinessLine(report: Report, ok: boolean): string {
  const { counts, results } = report;
  if (ok) {
    const warnings = counts.warning === 0 ? '' : `, ${counts.warning} warn`;
    return `ready: ${counts.passed} checks passed${warnings}`;
  }
  const bad = results.filter(({ status }) => status === 'failed' || status === 'warning');
  const first = bad.find(({ status }) => status === 'failed') ?? bad[0];
  const problem = first?.findings.find(({ ignored }) => !ignored)?.problem ?? 'unknown';
  const more = bad.length > 1 ? ` (and ${bad.length - 1} more)` : '';
  return `not ready: ${first?.id}: ${problem.replace(/\s+/g, ' ')}${more}`;
}
