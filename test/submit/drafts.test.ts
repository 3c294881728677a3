import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeGoal, judgeTask } from '../../src/contract/heddle-verdict.ts';
import { prepareGoal } from '../../src/submit/goal-draft.ts';
import { prepareTask, withParent } from '../../src/submit/task-draft.ts';

const fixed = { now: () => Date.UTC(2026, 3, 29, 12), uuid: () => '00000000-0000-4000-8000-000000000000' };

test('a task has every field of Heddle, in its order', () => {
  const { text, subject, bytes, resultSubject } = prepareTask({ workerType: 'echo', payload: { é: 1 } }, fixed);
  assert.equal(
    text,
    '{"task_id":"00000000-0000-4000-8000-000000000000","parent_task_id":null,"worker_type":"echo","payload":{"é":1},' +
      '"model_tier":"standard","priority":"normal","created_at":"2026-04-29T12:00:00.000Z","request_id":null,"metadata":{}}',
  );
  assert.equal(subject, 'heddle.tasks.incoming');
  assert.equal(bytes, Buffer.byteLength(text));
  assert.equal(resultSubject, 'heddle.results.default');
  assert.deepEqual(judgeTask(JSON.parse(text)), []);
});

test('everything that can be said of a task stands in it', () => {
  const trace = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    flags: 1,
    tracestate: undefined,
  };
  const prepared = prepareTask(
    {
      workerType: 'echo',
      payload: {},
      payloadText: '{"a":1.0}',
      tier: 'local',
      priority: 'high',
      parentId: 'goal-1',
      requestId: 'r "1"',
      taskId: 't","payload":{},"x":"',
      metadata: { a: 'b' },
      trace,
      direct: true,
    },
    fixed,
  );
  const message = JSON.parse(prepared.text);
  assert.equal(message.task_id, 't","payload":{},"x":"');
  assert.ok(prepared.text.includes('"payload":{"a":1.0},"model_tier":"local","priority":"high"'));
  assert.deepEqual(message._trace_context, { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' });
  assert.equal(prepared.subject, 'heddle.tasks.echo.local');
  assert.equal(prepared.resultSubject, 'heddle.results.goal-1');
  assert.deepEqual(message.metadata, { a: 'b' });
  assert.equal(message.request_id, 'r "1"');
});

test('a goal', () => {
  const prepared = prepareGoal({ instruction: 'do it', context: { a: 'b' }, goalId: 'g1', priority: 'low' }, fixed);
  assert.equal(prepared.subject, 'heddle.goals.incoming');
  assert.equal(prepared.resultSubject, 'heddle.results.g1');
  assert.deepEqual(judgeGoal(JSON.parse(prepared.text)), []);
  assert.deepEqual(JSON.parse(prepared.text), {
    goal_id: 'g1',
    instruction: 'do it',
    context: { a: 'b' },
    request_id: null,
    priority: 'low',
    created_at: '2026-04-29T12:00:00.000Z',
  });
});

test('what NATS can carry becomes part of a subject', () => {
  for (const good of ['a.b', 'order.42', 'größe', 'x'.repeat(129)]) {
    const task = prepareTask({ workerType: good, payload: {}, parentId: good, direct: true }, fixed);
    assert.equal(task.subject, `heddle.tasks.${good}.standard`);
    assert.equal(task.resultSubject, `heddle.results.${good}`);
    assert.equal(prepareGoal({ instruction: '', goalId: good }, fixed).resultSubject, `heddle.results.${good}`);
  }
});

test('nothing else becomes a part of a subject', () => {
  for (const bad of ['', 'a..b', 'a b', '*', '>', 'a\r\nPUB x', '\ud800', 'x'.repeat(1025)]) {
    assert.throws(() => prepareTask({ workerType: bad, payload: {} }, fixed), { code: 'subject_invalid' }, bad);
    assert.throws(() => prepareGoal({ instruction: '', goalId: bad }, fixed), { code: 'subject_invalid' }, bad);
    if (bad === '') continue;
    assert.throws(() => prepareTask({ workerType: 'echo', payload: {}, parentId: bad }, fixed), {
      code: 'subject_invalid',
    });
  }
});

test('ids that would harm a router are refused', () => {
  for (const bad of ['', '\ud800', 'x'.repeat(1025)]) {
    assert.throws(() => prepareTask({ workerType: 'echo', payload: {}, taskId: bad }, fixed), { code: 'usage' });
    assert.throws(() => prepareTask({ workerType: 'echo', payload: {}, requestId: bad }, fixed), { code: 'usage' });
  }
});

test('a parent of its own, unless it has one', () => {
  const draft = { workerType: 'echo', payload: {} };
  assert.equal(withParent(draft, fixed).parentId, fixed.uuid());
  assert.equal(withParent({ ...draft, parentId: 'p' }, fixed).parentId, 'p');
});
