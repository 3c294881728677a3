import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changesBetween } from '../../src/preflight/changes.ts';
import { countByStatus, type Report, type Result, type Status, verdictOf } from '../../src/preflight/report.ts';

function report(results: Readonly<Record<string, Status>>, reason = 'because a failed'): Report {
  const made = Object.entries(results).map(
    ([id, status]): Result => ({
      id,
      group: 'bus',
      title: id,
      level: 'required',
      status,
      detail: undefined,
      reason: status === 'skipped' ? reason : undefined,
      findings: [],
      durationMs: 0,
    }),
  );
  const counts = countByStatus(made);
  const facts = { urls: [], connectedUrl: undefined, server: undefined, rttMs: undefined, map: undefined };
  return { startedAt: 0, durationMs: 0, results: made, counts, verdict: verdictOf(counts), facts };
}

const inShort = (before: Report | undefined, after: Report): unknown[] =>
  changesBetween(before, after).map((change) =>
    change.kind === 'skipped' ? [change.kind, change.result.id, change.others] : [change.kind, change.result.id],
  );

test('one failure that takes the rest with it is two changes, however many checks there are', () => {
  const well = report({ a: 'passed', b: 'passed', c: 'passed', d: 'passed' });
  const broken = report({ a: 'failed', b: 'skipped', c: 'skipped', d: 'skipped' });
  assert.deepEqual(inShort(well, broken), [
    ['broken', 'a'],
    ['skipped', 'b', 2],
  ]);
  assert.deepEqual(inShort(broken, well), [['recovered', 'a']]);
  assert.deepEqual(inShort(well, well), []);
});
