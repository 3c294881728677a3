import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summaryLines } from '../../../src/cli/submit/show/summary-lines.ts';
import { verdict } from '../../../src/cli/submit/verdict.ts';
import { HeddleError } from '../../../src/errors.ts';
import type { BatchEnd } from '../../../src/submit/batch/batch.ts';
import { batchReport } from '../../../src/submit/batch/report.ts';
import { emptyTally, LineRanges, type Tally } from '../../../src/submit/batch/tally.ts';
import { partFor } from '../../../src/submit/missing.ts';

const part = partFor({ kind: 'task', subject: 'heddle.tasks.incoming', workerType: 'echo', direct: false });

function endOf(stopped: BatchEnd['stopped'], uncertain: readonly number[] = []): BatchEnd {
  const ranges = new LineRanges();
  for (const line of uncertain) ranges.add(line);
  return { stopped, uncertain: ranges, unheard: new LineRanges(), elapsedMs: 1 };
}

function judged(stopped: BatchEnd['stopped'], counts: Partial<Tally>, uncertain: readonly number[] = []) {
  const warnings: string[] = [];
  try {
    const talk = { warn: (text: string) => void warnings.push(text) };
    return { code: verdict(talk, endOf(stopped, uncertain), { ...emptyTally(), ...counts }, part), warnings };
  } catch (thrown) {
    assert.ok(thrown instanceof HeddleError);
    return { error: thrown, warnings };
  }
}

test('the gravest thing decides: a broken connection before a bus where nobody listens', () => {
  const both = judged('nobody_listens', { uncertain: 2, unheard: 3 }, [4, 5]);
  assert.equal(both.error?.code, 'connection_lost');
  assert.match(both.error?.message ?? '', /2 messages .* lines 4-5; after that, no router listens .* 3 sent and lost/);
  assert.equal(judged('nobody_listens', { unheard: 1 }).error?.code, 'nobody_listens');
  const cases: readonly [counts: Partial<Tally>, code: number][] = [
    [{ dead_lettered: 1, timed_out: 1, failed: 1 }, 4],
    [{ timed_out: 1, failed: 1 }, 124],
    [{ failed: 1 }, 1],
    [{ malformed: 1 }, 1],
    [{ completed: 1 }, 0],
    [{ unheard: 1 }, 0],
  ];
  for (const [counts, code] of cases) assert.equal(judged('end_of_input', counts).code, code, JSON.stringify(counts));
});

test('a batch that ended early says so', () => {
  const same = (text: string): string => text;
  const screen = { style: { good: same, bad: same, warn: same }, unicode: true } as never;
  const lines = (stopped: BatchEnd['stopped'], counts: Partial<Tally>): string[] => {
    const how = { waited: false, latencies: undefined, problems: [] };
    return summaryLines(batchReport(endOf(stopped), { ...emptyTally(), ...counts }, how), screen).slice(1);
  };
  assert.deepEqual(lines('end_of_input', { sent: 3 }), []);
  assert.deepEqual(lines('interrupted', { sent: 3, open: 1 }), [
    '  1 sent and still open',
    '  interrupted: later lines were not sent',
  ]);
  assert.match(lines('malformed_line', { malformed: 1 })[1] ?? '', /--on-error skip goes on/);
});
