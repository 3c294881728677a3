import { isHeddleError } from '../errors.ts';
import { adviceOf } from '../remedy.ts';
import type { Clock } from '../time/clock.ts';
import { deadline } from '../time/wait.ts';
import type { Check, Outcome } from './check.ts';
import type { Probe } from './probe.ts';
import { countByStatus, type Report, type Result, type ResultFinding, type Status, verdictOf } from './report.ts';
import { isIgnored, levelOf, type Selection } from './selection.ts';

export interface RunOptions {
  readonly checks: readonly Check[];
  readonly probe: Probe;
  readonly selection: Selection;
  /** The whole round: what is not done by then has failed. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs every check as soon as what it needs has passed; independent ones side by side. Every check gets a result, and
 * the order of results is that of the list, whatever finished first.
 */
export async function runChecks(options: RunOptions): Promise<Report> {
  const { probe, clock, selection } = options;
  const startedAt = clock.now();
  const from = clock.elapsed();
  const checks = options.checks.filter((check) => check.applies?.(probe) ?? true);
  const { signal, clear } = deadline(clock, options.deadlineMs, options.signal);
  const late = lateness(signal, options.deadlineMs);
  const running = new Map<string, Promise<Result>>();
  const byId = new Map(checks.map((check) => [check.id, check]));

  const start = (check: Check): Promise<Result> => {
    const known = running.get(check.id);
    if (known !== undefined) return known;
    const result = runOne(check);
    running.set(check.id, result);
    return result;
  };
  const runOne = async (check: Check): Promise<Result> => {
    for (const need of check.needs ?? []) {
      const needed = byId.get(need);
      if (needed === undefined) continue;
      const { status, reason, findings } = await start(needed);
      if (status === 'skipped') return finish(check, { status: 'skipped', reason: reason ?? `${need} was skipped` }, 0);
      if (status !== 'passed' && blocks(needed, findings)) {
        return finish(check, { status: 'skipped', reason: `because ${need} failed` }, 0);
      }
    }
    const began = clock.elapsed();
    const outcome = await Promise.race([late, ran(check, probe, signal)]);
    return finish(check, outcome, clock.elapsed() - began);
  };
  const finish = (check: Check, outcome: Outcome, durationMs: number): Result =>
    toResult(check, outcome, durationMs, selection);

  try {
    const results = await Promise.all(checks.map(start));
    const counts = countByStatus(results);
    return {
      startedAt,
      durationMs: clock.elapsed() - from,
      results,
      verdict: verdictOf(counts),
      counts,
      facts: probe.facts(),
    };
  } finally {
    clear();
  }
}

/** What was ignored stands in the way all the same; a mere warning about something required does not. */
function blocks(needed: Check, findings: readonly ResultFinding[]): boolean {
  return findings.some((each) => each.level === 'required' || needed.level === 'advisory');
}

/** One listener for the whole round, however many checks wait. */
function lateness(signal: AbortSignal, deadlineMs: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const onAbort = (): void => {
      const problem = `not finished when the time was up (${Math.round(deadlineMs)} ms)`;
      const remedy = { do: 'raise-timeout', of: 'checks' } as const;
      resolve({ status: 'failed', findings: [{ problem, remedy, code: 'timeout' }] });
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** A foreseen failure that a check lets through is its finding; an unforeseen one stays loud. */
async function ran(check: Check, probe: Probe, signal: AbortSignal): Promise<Outcome> {
  try {
    return await check.run(probe, signal);
  } catch (error) {
    if (!isHeddleError(error)) throw error;
    return { status: 'failed', findings: [{ problem: error.message, ...adviceOf(error), code: error.code }] };
  }
}

function toResult(check: Check, outcome: Outcome, durationMs: number, selection: Selection): Result {
  const findings = (outcome.status === 'failed' ? outcome.findings : []).map((finding) => ({
    ...finding,
    level: levelOf(check, finding, selection),
    ignored: isIgnored(check, finding, selection),
  }));
  const counting = findings.filter((each) => !each.ignored);
  let status: Status = outcome.status === 'failed' ? 'ignored' : outcome.status;
  if (counting.length > 0) status = counting.some((each) => each.level === 'required') ? 'failed' : 'warning';
  return {
    id: check.id,
    group: check.group,
    title: check.title,
    level: levelOf(check, undefined, selection),
    status,
    detail: outcome.status === 'passed' ? outcome.detail : undefined,
    reason: outcome.status === 'skipped' ? outcome.reason : undefined,
    findings,
    durationMs: Math.round(durationMs * 100) / 100,
  };
}
