import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pairing } from '../../src/tail/pairing.ts';
import { recordOf, result, task } from './fake.ts';

function see(pairing: Pairing, message: string, subject: string, at: number) {
  const { decoded, facts } = recordOf(message, { subject });
  return pairing.see(subject, decoded, facts, at);
}

test('a task, its way through the router, its result, and the same result again', () => {
  const pairing = new Pairing(60_000);
  assert.equal(see(pairing, task(), 'heddle.tasks.incoming', 1000), undefined);
  assert.equal(see(pairing, task(), 'heddle.tasks.echo.local', 1005)?.latencyMs, 5);
  assert.equal(pairing.waiting, 1);
  assert.equal(see(pairing, result({ status: 'processing' }), 'heddle.results.default', 1050), undefined);
  const first = see(pairing, result(), 'heddle.results.default', 1100);
  assert.deepEqual(first, { latencyMs: 100, sinceRoutedMs: 95, nth: 1, late: false, stages: undefined });
  assert.equal(pairing.waiting, 0);
  assert.equal(see(pairing, result(), 'heddle.results.default', 1200)?.nth, 2);
  assert.equal(see(pairing, result(), 'heddle.results.default', 1300)?.nth, 3);
});

test('results of tasks that were sent before our time are counted all the same', () => {
  const pairing = new Pairing(60_000);
  assert.equal(see(pairing, result(), 'heddle.results.default', 1000), undefined);
  const again = see(pairing, result(), 'heddle.results.default', 2000);
  assert.deepEqual([again?.nth, again?.latencyMs], [2, undefined]);
});

test('orphans are told once, in their order, and their results are late', () => {
  const pairing = new Pairing(1000);
  see(pairing, task({ task_id: 'a' }), 'heddle.tasks.incoming', 0);
  see(pairing, task({ task_id: 'b', worker_type: 'other', model_tier: 'local' }), 'heddle.tasks.incoming', 500);
  see(pairing, task({ task_id: 'c' }), 'heddle.tasks.incoming', 600);
  see(pairing, result({ task_id: 'c' }), 'heddle.results.default', 700);
  assert.deepEqual(pairing.orphans(999), []);
  assert.deepEqual(
    pairing.orphans(1000).map((orphan) => orphan.task),
    ['a'],
  );
  const [later] = pairing.orphans(5000);
  assert.deepEqual(later, {
    record: 'orphan',
    task: 'b',
    worker: 'other',
    tier: 'local',
    goal: undefined,
    sentAt: 500,
    waitedMs: 4500,
  });
  assert.deepEqual(pairing.orphans(9000), []);
  assert.equal(see(pairing, result({ task_id: 'a' }), 'heddle.results.default', 9000)?.late, true);
});

test('a dead letter is an answer', () => {
  const pairing = new Pairing(1000);
  see(pairing, task(), 'heddle.tasks.incoming', 0);
  const letter = JSON.stringify({ reason: 'rate_limited: x', original_task: {}, task_id: 't1', worker_type: 'echo' });
  assert.equal(see(pairing, letter, 'heddle.tasks.dead_letter', 30)?.latencyMs, 30);
  assert.deepEqual(pairing.orphans(1e9), []);
});

test('a goal and its stages', () => {
  const pairing = new Pairing(60_000);
  see(pairing, '{"goal_id":"g","instruction":"x"}', 'heddle.goals.incoming', 0);
  for (const id of ['a', 'b', 'c'])
    see(pairing, task({ task_id: id, parent_task_id: 'g' }), 'heddle.tasks.incoming', 10);
  see(pairing, result({ task_id: 'a', parent_task_id: 'g' }), 'heddle.results.g', 20);
  see(pairing, result({ task_id: 'b', parent_task_id: 'g', status: 'failed' }), 'heddle.results.g', 30);
  const final = see(pairing, result({ task_id: 'g', parent_task_id: null }), 'heddle.results.g', 100);
  assert.deepEqual([final?.latencyMs, final?.stages], [100, { seen: 3, completed: 1, failed: 1 }]);
  // A pipeline and an orchestrator that both took the goal answer twice under one id.
  const twice = see(pairing, result({ task_id: 'g', worker_type: 'other' }), 'heddle.results.g', 200);
  assert.equal(twice?.nth, 2);
});

test('the past is bounded', () => {
  const pairing = new Pairing(1000, 10);
  for (let id = 0; id < 25; id += 1) see(pairing, task({ task_id: `t${id}` }), 'heddle.tasks.incoming', id);
  assert.equal(pairing.waiting, 10);
  assert.equal(pairing.forgotten, 15);
});

test('ids that are hostile keys', () => {
  const pairing = new Pairing(1000);
  for (const id of ['__proto__', 'constructor']) {
    see(pairing, task({ task_id: id }), 'heddle.tasks.incoming', 0);
    assert.equal(see(pairing, result({ task_id: id }), 'heddle.results.default', 5)?.latencyMs, 5);
  }
});
