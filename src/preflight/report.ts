import type { Finding, Group, Level } from './check.ts';
import type { Facts } from './probe.ts';

/** How a check came out; a warning is an advisory check that failed. */
export type Status = 'passed' | 'warning' | 'failed' | 'skipped' | 'ignored';

/** How one check came out. */
export interface Result {
  readonly id: string;
  readonly group: Group;
  readonly title: string;
  readonly level: Level;
  readonly status: Status;
  readonly detail: string | undefined;
  /** Why it was skipped. */
  readonly reason: string | undefined;
  readonly findings: readonly ResultFinding[];
  readonly durationMs: number;
}

export interface ResultFinding extends Finding {
  readonly level: Level;
  readonly ignored: boolean;
}

/** What a round comes to. */
export type Verdict = 'ok' | 'warnings' | 'failed';

/** What one round of checks found. Renderers only read it. */
export interface Report {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly results: readonly Result[];
  readonly verdict: Verdict;
  readonly counts: Readonly<Record<Status, number>>;
  readonly facts: Facts;
}

export function countByStatus(results: readonly Result[]): Record<Status, number> {
  const counts: Record<Status, number> = { passed: 0, warning: 0, failed: 0, skipped: 0, ignored: 0 };
  for (const { status } of results) counts[status] += 1;
  return counts;
}

export function verdictOf(counts: Readonly<Record<Status, number>>): Verdict {
  if (counts.failed > 0) return 'failed';
  return counts.warning > 0 ? 'warnings' : 'ok';
}

/** What changes from one round to the next when something changed, and not otherwise. */
export function stateOf({ id, status, reason, findings }: Result): string {
  return JSON.stringify([id, status, status === 'skipped' ? reason : undefined, findings.map((each) => each.target)]);
}

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
