import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adviceText } from '../../src/cli/remedies.ts';
import { buildTopology } from '../../src/topology/build-topology.ts';
import type { Connection } from '../../src/topology/connection.ts';
import { type Kept, NOTHING_KEPT, TASKS_STREAM } from '../../src/topology/kept.ts';
import { problemsOf } from '../../src/topology/problems.ts';
import { client, healthy } from './made-up.ts';

test('a healthy bus has none', () => {
  assert.deepEqual(problemsOf(buildTopology(healthy())), []);
});

const CASES: readonly {
  what: string;
  without?: number;
  add?: readonly Connection[];
  problems: readonly [id: string, severity: string, target: string, words: RegExp][];
}[] = [
  {
    what: 'no router, and a nameless client that hears nothing, who may be anybody',
    without: 1,
    problems: [
      [
        'router_missing',
        'error',
        'heddle.tasks.incoming',
        /no router listens on heddle\.tasks\.incoming: every task is lost$/,
      ],
    ],
  },
  {
    what: 'a router by name that does not listen',
    without: 1,
    add: [client(20, ['heddle.control.reload'], { name: 'heddle-ts router' })],
    problems: [
      ['router_lost_subscription', 'error', 'heddle.tasks.incoming', /"heddle-ts router" at 10\.0\.0\.20/],
      ['router_missing', 'error', 'heddle.tasks.incoming', /every task is lost$/],
    ],
  },
  {
    what: 'a second router without a group',
    add: [client(20, ['heddle.tasks.incoming'])],
    problems: [['router_duplicated', 'error', 'heddle.tasks.incoming', /2 routers .* every task runs 2 times/]],
  },
  {
    what: 'one router in a group, one outside',
    add: [client(20, ['heddle.tasks.incoming @router']), client(21, ['heddle.tasks.incoming @router'])],
    problems: [
      ['router_mixed_groups', 'error', 'heddle.tasks.incoming', /2 in group "router", 1 without a group.*runs 2 times/],
    ],
  },
  {
    what: 'one worker without a group',
    add: [client(20, ['heddle.tasks.b.local'])],
    problems: [['worker_no_group', 'warning', 'b.local', /second replica would run every task twice/]],
  },
  {
    what: 'two workers without a group',
    add: [client(20, ['heddle.tasks.b.local']), client(21, ['heddle.tasks.b.local'])],
    problems: [['worker_no_group', 'error', 'b.local', /every task runs 2 times/]],
  },
  {
    what: 'an LLM worker and a processor of one name',
    add: [client(20, ['heddle.tasks.echo.local @workers-echo'])],
    problems: [['worker_mixed_groups', 'error', 'echo.local', /2 in "processors-echo", 1 in "workers-echo"/]],
  },
  {
    what: 'a queue group of another name',
    add: [client(20, ['heddle.tasks.b.local @processors-c'])],
    problems: [['worker_wrong_group', 'warning', 'b.local', /"processors-c"/]],
  },
  {
    what: 'an LLM worker of one tier and a processor of all',
    add: [client(20, ['heddle.tasks.b.* @processors-b']), client(21, ['heddle.tasks.b.local @workers-b'])],
    problems: [['worker_mixed_groups', 'error', 'b.local', /1 in "processors-b", 1 in "workers-b"/]],
  },
  {
    what: 'nobody takes goals',
    without: 5,
    problems: [['goals_unheard', 'warning', 'heddle.goals.incoming', /no pipeline or orchestrator/]],
  },
  {
    what: 'pipelines and orchestrators',
    add: [client(20, ['heddle.goals.incoming @orchestrators'])],
    problems: [['goals_mixed', 'error', 'heddle.goals.incoming', /"orchestrators", "pipelines".*carried out 2 times/]],
  },
  {
    what: 'a goal taker outside the group',
    add: [client(20, ['heddle.goals.incoming'])],
    problems: [['goals_no_group', 'error', 'heddle.goals.incoming', /1 listener on/]],
  },
  {
    what: 'a slow reader',
    add: [client(20, ['orders'], { pendingBytes: 3 * 1024 * 1024 })],
    problems: [['client_slow', 'warning', '10.0.0.20:400020', /3\.0 MiB wait for it/]],
  },
];

for (const { what, without, add = [], problems } of CASES) {
  test(`one fault, one problem: ${what}`, () => {
    const map = buildTopology([...healthy().filter((each) => each.cid !== without), ...add]);
    const found = problemsOf(map);
    assert.deepEqual(
      found.map(({ id, severity, target }) => [id, severity, target]),
      problems.map(([id, severity, target]) => [id, severity, target]),
    );
    for (const [at, [, , , words]] of problems.entries()) assert.match(found[at]?.message ?? '', words);
    for (const each of found) assert.ok(adviceText(each).length > 20, `${each.id} has no remedy`);
  });
}

test('dead letters are heard by a listener or by a watcher, and by nobody', () => {
  const quiet = healthy().filter((each) => each.cid !== 6);
  assert.deepEqual(problemsOf(buildTopology(quiet)), [], 'the watcher on heddle.> sees them');
  const deaf = problemsOf(buildTopology(quiet.filter((each) => each.cid !== 7)));
  assert.deepEqual(
    deaf.map(({ id, severity }) => [id, severity]),
    [['dead_letters_unheard', 'warning']],
  );
});

test('a stream keeps dead letters; one that keeps tasks is heard in the place of an actor', () => {
  const deaf = buildTopology(healthy().filter(({ cid }) => cid !== 6 && cid !== 7));
  const kept = (more: Partial<Kept>): string[] =>
    problemsOf(deaf, { ...NOTHING_KEPT, deadLetters: ['LETTERS'], ...more }).map(
      ({ id, target, message }) => `${id} ${target} ${/on (.*?):/.exec(message)?.[1]}`,
    );
  assert.deepEqual(kept({}), []);
  assert.deepEqual(kept({ tasksIncoming: ['ALL', 'IN'], tasks: ['ALL'] }), [
    'stream_hears_tasks ALL heddle.tasks.incoming and heddle.tasks.<type>.<tier>',
    'stream_hears_tasks IN heddle.tasks.incoming',
  ]);
  assert.deepEqual(kept({ tasks: [TASKS_STREAM] }), [], 'somebody asked for that one');
  assert.deepEqual(kept({ tasksIncoming: [TASKS_STREAM], tasks: [TASKS_STREAM] }), [
    'stream_hears_tasks HEDDLE_TASKS heddle.tasks.incoming and heddle.tasks.<type>.<tier>',
  ]);
  assert.deepEqual(kept({ goals: ['ALL'], tasks: ['ALL'] }), [
    'stream_hears_tasks ALL heddle.tasks.<type>.<tier> and heddle.goals.incoming',
  ]);
  const [unknown] = problemsOf(deaf, 'unknown');
  assert.match(unknown?.message ?? '', /vanish without a trace .*unless a JetStream stream keeps them/);
});

test('without a router a task is lost, unless a stream keeps it: then nobody works on it', () => {
  const [lost] = problemsOf(buildTopology([]));
  assert.match(lost?.message ?? '', /every task is lost$/);
  const [kept] = problemsOf(buildTopology([]), { ...NOTHING_KEPT, tasksIncoming: ['A', 'B'] });
  assert.match(kept?.message ?? '', /: no task is worked on; the streams "A", "B" keep them$/);
});

test('a worker of every tier is a worker, and no watcher', () => {
  const map = buildTopology([...healthy(), client(20, ['heddle.tasks.resize.* @processors-resize'])]);
  assert.deepEqual(problemsOf(map), []);
});
