import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCondition } from '../../src/tail/condition.ts';
import { createFilter, type FilterRules } from '../../src/tail/filter.ts';
import { createGuard } from '../../src/time/guard.ts';
import { recordOf, result, task } from './fake.ts';

const GOAL = '3f0c9e0e-8a55-4c86-9d3c-6f1f2b7c1d10';
const records = [
  recordOf(result({ task_id: 'aaaaaa-1', parent_task_id: GOAL }), { subject: `heddle.results.${GOAL}` }),
  recordOf(result({ task_id: 'bbbbbb-2', worker_type: 'other', status: 'failed', error: 'boom' })),
  recordOf(task({ task_id: 'cccccc-3', model_tier: 'local', request_id: 'rrrrrr-1' }), {
    subject: 'heddle.tasks.echo.frontier',
  }),
  recordOf(
    JSON.stringify({
      reason: 'rate_limited: x',
      original_task: JSON.parse(task({ model_tier: 'local' })),
      task_id: 'dddddd-4',
      worker_type: 'echo',
    }),
    { subject: 'heddle.tasks.dead_letter' },
  ),
  recordOf(JSON.stringify({ goal_id: GOAL, instruction: 'do' }), { subject: 'heddle.goals.incoming' }),
  recordOf(Uint8Array.of(0xff, 0x62, 0x61, 0x64)),
  recordOf(result({ task_id: GOAL, worker_type: 'pipe' }), { subject: `heddle.results.${GOAL}` }),
];

test('filters', () => {
  const cases: [FilterRules, readonly number[]][] = [
    [{ worker: ['echo'] }, [0, 2, 3]],
    [{ worker: ['echo', 'other'], status: ['failed'] }, [1]],
    [{ tier: ['frontier'] }, [2]],
    [{ tier: ['local'] }, [3]],
    [{ kind: ['dead_letter', 'unknown'] }, [3, 5]],
    [{ task: ['dddddd'] }, [3]],
    [{ task: ['ddd'] }, []],
    [{ task: ['dddddd-4'] }, [3]],
    [{ parent: [GOAL] }, [0]],
    [{ goal: [GOAL] }, [0, 4, 6]],
    [{ goal: [GOAL.slice(0, 8)] }, [0, 4, 6]],
    [{ request: ['rrrrrr-1'] }, [2]],
    [{ where: [readCondition('status=failed', '')] }, [1]],
    [{ grep: [/boom/] }, [1]],
    [{ grep: [/bad/] }, [5]],
    [{ grep: [/^heddle\.goals/] }, [4]],
    [{ exclude: [/echo|pipe/] }, [1, 4, 5]],
    [{ grep: [/echo/], exclude: [/frontier/], kind: ['task', 'result'] }, [0]],
  ];
  for (const [rules, expected] of cases) {
    const verdicts = createFilter(rules, () => createGuard())?.many(records) ?? [];
    const passed = verdicts.flatMap((verdict, index) => (verdict === 'pass' ? [index] : []));
    assert.deepEqual(passed, expected, JSON.stringify(rules));
  }
  assert.equal(
    createFilter({}, () => createGuard()),
    undefined,
  );
});

test('a pattern that would run for years is stopped, and its message is shown rather than lost', () => {
  const filter = createFilter({ grep: [/(a+)+$/] }, () => createGuard(50));
  const evil = recordOf(result({ error: `${'a'.repeat(64)}!` }));
  const verdicts = filter?.many([records[1] ?? evil, evil, recordOf(result({ error: 'x' })), evil]);
  assert.deepEqual(verdicts, ['drop', 'undecided', 'drop', 'undecided']);
});

test('matching looks at the first 64 KiB', () => {
  const filter = createFilter({ grep: [/needle/] }, () => createGuard());
  const early = recordOf(result({ error: `needle${'x'.repeat(100_000)}` }));
  const late = recordOf(result({ error: `${'x'.repeat(100_000)}needle` }));
  assert.deepEqual(filter?.many([early, late]), ['pass', 'drop']);
});
