import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCondition } from '../../src/tail/condition.ts';
import { createFilter } from '../../src/tail/filter.ts';
import { createGuard } from '../../src/time/guard.ts';
import { BusModel } from '../../src/top/model.ts';
import type { Roles } from '../../src/top/roles.ts';
import { workerRows } from '../../src/top/workers.ts';
import type { Unknown } from '../../src/topology/topology.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { recordOf } from '../tail/fake.ts';
import { client, healthy } from '../topology/made-up.ts';
import { DEAD, INCOMING, RESULTS, result, TO_ECHO, task, watched } from './watched.ts';

noLeaks();

test('a task is followed from its sending to its answer, and counts where it flies', async (t) => {
  const { model, clock, send, people } = await watched(t);
  people(healthy());
  send(INCOMING, task('t-1', { model_tier: 'standard' }));
  await clock.advance(20);
  assert.deepEqual([model.tasks.openCount, model.tasks.find('t-1')?.state], [1, 'sent']);
  send(TO_ECHO, task('t-1', { model_tier: 'standard' }));
  await clock.advance(300);
  const open = model.tasks.find('t-1');
  assert.deepEqual([open?.state, open?.tier, open?.routes], ['routed', 'local', 1]);
  await clock.advance(2000);
  const row = () => workerRows(model).find(({ type, tier }) => type === 'echo' && tier === 'local');
  assert.deepEqual([row()?.inFlight, row()?.replicas, row()?.groups], [1, 2, ['processors-echo']]);
  send(RESULTS, result('t-1'));
  await clock.advance(1000);
  assert.deepEqual([model.tasks.openCount, model.tasks.find('t-1')?.state, row()?.inFlight], [0, 'completed', 0]);
  // From the router's hand to the answer, told within a few percent.
  assert.ok(Math.abs((row()?.p50 ?? 0) - 2300) < 60, String(row()?.p50));
  assert.equal(row()?.trouble, undefined);
  await clock.advance(10_000);
  assert.equal(row()?.rate, 0);
});

test('failures, refusals and orphans are told apart, and a late answer ends an orphan', async (t) => {
  const { model, clock, send } = await watched(t, { orphanAfterMs: 5000 });
  for (const id of ['bad', 'dead', 'lost']) send(INCOMING, task(id));
  send(TO_ECHO, task('bad'));
  send(RESULTS, result('bad', { status: 'failed', error: `no ${'x'.repeat(5000)}` }));
  send(DEAD, { reason: "unknown_tier: 'x'", original_task: task('dead'), task_id: 'dead', worker_type: 'echo' });
  await clock.advance(4000);
  assert.deepEqual(
    model.tasks.failed.map(({ id, state }) => [id, state]),
    [
      ['bad', 'failed'],
      ['dead', 'dead_letter'],
    ],
  );
  assert.ok((model.tasks.failed[0]?.reason?.length ?? 0) < 400, 'what others wrote is kept shortened');
  assert.deepEqual(
    model.failures
      .list()
      .map(({ kind, count }) => [kind, count])
      .sort(),
    [
      ['failed_result', 1],
      ['refusal', 1],
    ],
  );
  await clock.advance(2000);
  assert.deepEqual(
    model.tasks.orphans.map(({ id }) => id),
    ['lost'],
  );
  send(TO_ECHO, task('lost'));
  send(RESULTS, result('lost'));
  await clock.advance(1000);
  assert.deepEqual(
    [model.tasks.orphans.length, model.tasks.find('lost')?.late, model.tasks.orphanedCount],
    [0, true, 1],
  );
  assert.equal(workerRows(model)[0]?.inFlight, 0);
});

test('a goal has its stages; who merely awaits one task is no goal', async (t) => {
  const { model, clock, send } = await watched(t);
  for (let each = 0; each < 3000; each += 1)
    send(INCOMING, task(`alone-${each}`, { parent_task_id: `waiter-${each}` }));
  send('heddle.goals.incoming', { goal_id: 'g-1', instruction: 'sum it up' });
  send(INCOMING, task('s-1', { parent_task_id: 'g-1', metadata: { stage_name: 'extract' } }));
  send('heddle.results.g-1', result('s-1', { parent_task_id: 'g-1' }));
  send(INCOMING, task('s-2', { parent_task_id: 'g-1' }));
  await clock.advance(50);
  assert.deepEqual(
    model.goals.running.map(({ id, stages }) => [id, [...stages.keys()]]),
    [['g-1', ['s-1', 's-2']]],
  );
  assert.equal(model.goals.forgotten, 0);
  send('heddle.results.g-1', {
    ...result('g-1'),
    worker_type: 'digest',
    status: 'failed',
    error: "Stage 'x' timed out",
  });
  await clock.advance(50);
  const [goal] = model.goals.ended;
  assert.deepEqual([goal?.state, goal?.reason, model.goals.runningCount], ['failed', "Stage 'x' timed out", 0]);
  // Its answer is a pipeline's, and no worker is called so.
  assert.ok(!workerRows(model).some(({ type }) => type === 'digest'));
});

test('whatever passes, what is kept is bounded, and what was forgotten is counted', () => {
  const model = new BusModel({ now: 0, url: 'x', orphanAfterMs: 1e12 });
  const tasks = 30_000;
  for (let each = 0; each < tasks; each += 1) {
    const id = `t-${each}`;
    const at = { subject: `heddle.tasks.w${each % 3000}.local`, at: each };
    model.take(
      recordOf(JSON.stringify(task(id, { worker_type: `w${each % 3000}`, parent_task_id: `g-${each >> 1}` })), at),
    );
    if (each % 10 === 0) {
      const error = `failure of a new kind: ${String.fromCharCode(97 + (each % 26))}${'abcdefghij'[(each / 10) % 10]}${'klmnopqrst'[Math.floor(each / 100) % 10]}${'uvwxyzabcd'[Math.floor(each / 1000) % 10]}`;
      model.take(recordOf(JSON.stringify(result(id, { status: 'failed', error })), { at: each }));
    }
  }
  model.sample(1000, 1000);
  assert.ok(model.tasks.openCount <= 20_000);
  assert.equal(model.tasks.openCount + model.tasks.forgotten, tasks - tasks / 10);
  assert.ok(model.goals.running.length <= 500 && model.goals.forgotten > 0);
  assert.ok(model.traffic.workers.length <= 1000 && model.traffic.rest !== undefined);
  assert.equal(
    [...model.traffic.workers, model.traffic.rest].reduce((sum, each) => sum + (each?.tasks.count ?? 0), 0),
    tasks,
    'no message is lost from the sums',
  );
  assert.ok(model.tasks.failed.length <= 500 && model.failures.list().length <= 500);
  assert.equal(model.failures.total, tasks / 10);
  assert.ok(model.stream.records.length <= 700);
  const inFlight = [...model.traffic.workers, model.traffic.rest].reduce((sum, each) => sum + (each?.inFlight ?? 0), 0);
  assert.equal(inFlight, model.tasks.openCount);
});

test('an id or a name of a megabyte is kept by nobody', () => {
  const model = new BusModel({ now: 0, url: 'x', orphanAfterMs: 1000 });
  const long = 'x'.repeat(1_000_000);
  model.take(recordOf(JSON.stringify(task(long)), { subject: INCOMING }));
  model.take(recordOf(JSON.stringify(result(long, { worker_type: long })), {}));
  model.take(recordOf(JSON.stringify({ goal_id: long, instruction: long }), { subject: 'heddle.goals.incoming' }));
  assert.deepEqual([model.tasks.openCount, model.goals.runningCount, model.flows.results.count], [0, 0, 1]);
  assert.ok((model.traffic.workers[0]?.type.length ?? 0) < 300);
});

test('what cannot be known is not taken for none', async (t) => {
  const unknown: Unknown = { known: false, code: 'refused', reason: 'this user may not ask', hint: 'ask' };
  const { model, clock, send, people } = await watched(t, { unknown });
  send(RESULTS, result('t-1'));
  await clock.advance(3000);
  assert.deepEqual(model.roles, { known: false, reason: 'this user may not ask', readAt: undefined });
  const [row] = workerRows(model);
  assert.deepEqual(
    [row?.replicas, row?.tier, row?.pendingBytes, row?.trouble],
    [undefined, undefined, undefined, undefined],
  );
  people([client(1, ['heddle.tasks.other.local'])]);
  send(TO_ECHO, task('t-2'));
  await clock.advance(3000);
  const echo = workerRows(model).find(({ type, tier }) => type === 'echo' && tier === 'local');
  assert.deepEqual([echo?.replicas, echo?.trouble], [0, 'absent']);
  people({ known: false, code: 'unanswered', reason: 'no answer', hint: 'wait' });
  await clock.advance(3000);
  const roles = (): Roles => model.roles;
  const later = roles();
  assert.ok(later.known && later.stale === 'no answer', 'what was known stays, and that it is old is said');
});

test('a worker that listens on every tier takes the traffic of the tiers that nobody else serves', async (t) => {
  const { model, clock, send, people } = await watched(t);
  people([
    client(1, ['heddle.tasks.echo.* @processors-echo']),
    client(2, ['heddle.tasks.echo.frontier @processors-echo']),
  ]);
  send(TO_ECHO, task('t-1'));
  send('heddle.tasks.echo.frontier', task('t-2'));
  await clock.advance(3000);
  assert.deepEqual(
    workerRows(model).map(({ tier, inFlight, replicas }) => [tier, inFlight, replicas]),
    [
      ['*', 1, 1],
      ['frontier', 1, 1],
    ],
  );
});

test('a bus that is gone is said, what was missed is counted, and it comes back', async (t) => {
  const { model, clock, send, bus } = await watched(t, { orphanAfterMs: 2000 });
  send(INCOMING, task('t-1'));
  await clock.advance(100);
  bus.stop();
  await clock.advance(5000);
  assert.equal(model.link.up, false);
  assert.equal(model.tasks.orphans.length, 0, 'nobody is called an orphan while nobody can be heard');
  bus.start();
  await clock.advance(5000);
  assert.deepEqual([model.link.up, model.lost.gaps, model.lost.unknown], [true, 1, 1]);
  send(RESULTS, result('t-9'));
  await clock.advance(100);
  assert.equal(model.flows.results.count, 1);
});

test('who may hear only a part is told what remains unheard', async (t) => {
  const allow = ['heddle.results.>', '_INBOX.>'];
  const users = [
    { user: 'all', password: 'all' },
    { user: 'ada', password: 'ada', permissions: { subscribe: { allow } } },
  ];
  const { model, clock, send } = await watched(t, { users, as: { auth: { user: 'ada', password: 'ada' } } });
  send(RESULTS, result('t-1'));
  send(INCOMING, task('t-2'));
  await clock.advance(100);
  assert.deepEqual(model.unheard, ['heddle.tasks.>', 'heddle.goals.>', 'heddle.control.>']);
  assert.deepEqual([model.flows.results.count, model.flows.tasks.count], [1, 0]);
});

test('the stream keeps what passes its filter, and survives what its bytes were written over with', () => {
  const model = new BusModel({ now: 0, url: 'x', orphanAfterMs: 1000 });
  const { stream } = model;
  const bytes = Buffer.from(JSON.stringify(result('t-1', { status: 'failed', error: 'timeout of 5 s' })));
  model.take(recordOf(bytes, {}));
  bytes.fill(0);
  model.take(recordOf(JSON.stringify(result('t-2'))));
  stream.filterBy(createFilter({ where: [readCondition('error~timeout', '/')] }, createGuard));
  assert.deepEqual([stream.records.length, stream.passed], [1, 1]);
  model.take(recordOf(JSON.stringify(result('t-3', { status: 'failed', error: 'a timeout' }))));
  model.take(recordOf(JSON.stringify(result('t-4'))));
  assert.equal(stream.records.length, 1, 'patterns are asked of many at a time');
  stream.judge();
  const ids = stream.records.map((each) => (each.record === 'message' ? each.facts.task : each.record));
  assert.deepEqual(ids, ['t-1', 't-3']);
  const [first] = stream.records;
  assert.ok(first?.record === 'message' && Buffer.from(first.bytes).includes('timeout of 5 s'));
});

test('a pattern that takes too long holds up a picture a few times, however many wait for it', () => {
  const model = new BusModel({ now: 0, url: 'x', orphanAfterMs: 1000 });
  const { stream } = model;
  let stopped = 0;
  const late = () => (): boolean => {
    stopped += 1;
    return false;
  };
  const slow = createFilter({ where: [readCondition('error~timeout', '/')] }, late);
  for (let n = 0; n < 300; n += 1) model.take(recordOf(JSON.stringify(result(`t-${n}`))));
  stream.filterBy(slow);
  assert.deepEqual([stopped, stream.records.length, stream.unjudged], [5, 5, 295], 'those it stopped at are shown');
  for (let n = 0; n < 300; n += 1) model.take(recordOf(JSON.stringify(result(`u-${n}`))));
  stream.judge();
  stream.judge();
  assert.deepEqual(
    [stopped, stream.records.length, stream.unjudged],
    [7, 7, 295],
    'the others wait for the next picture',
  );
});

test('of messages that may be looked at later only what came is kept, until somebody looks', () => {
  const model = new BusModel({ now: 0, url: 'x', orphanAfterMs: 1000 });
  const text = JSON.stringify(result('t-1', { output: { words: 'größe' } }));
  model.take(recordOf(text));
  const [kept] = model.stream.records;
  assert.ok(kept?.record === 'message');
  assert.deepEqual(
    Object.values(kept).filter((each) => typeof each === 'object'),
    [],
  );
  assert.equal(Buffer.from(kept.bytes).toString(), text);
  assert.equal(kept.facts.task, 't-1');
  assert.ok(kept.decoded.kind === 'result');
  assert.deepEqual(kept.decoded.view.output, { words: 'größe' });
});
