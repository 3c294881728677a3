import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Transport } from '../../../src/transport/transport.ts';
import { inProcess } from '../../../src/worker/in-process.ts';
import { serveTasks } from '../../../src/worker/run.ts';
import { BUSES } from '../../helpers/buses.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { startGateway, type TestGateway } from '../start.ts';
import { hearResults, listening, poll, resolve, sendTasks, until, worker } from './kit.ts';

noLeaks();

const TYPES = 'workers: {types: {ocr: {}, other: {}}}\n';

async function started(
  t: TestContext,
  text = TYPES,
  options: Parameters<typeof startGateway>[3] = {},
): Promise<{ gateway: TestGateway; bus: Transport; connect: () => Promise<Transport> }> {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const gateway = await startGateway(t, await connect({ reconnect: true }), text, options);
  return { gateway, bus: await connect(), connect };
}

/** A task under way to this gateway: a poll stands, so that the bus knows it. */
async function handed(gateway: TestGateway, bus: Transport, id: string, more: Record<string, unknown> = {}) {
  const polling = poll(gateway, { task_types: ['ocr'], timeout_ms: 20_000 });
  await listening(bus, 'ocr');
  sendTasks(bus, 'ocr', [id], more);
  const [item] = await polling;
  return item ?? assert.fail('no task came');
}

test('a task goes to a poll with all that a worker needs, and its result to whoever sent it, with every digit', async (t) => {
  const { gateway, bus } = await started(t);
  const results = await hearResults(bus);
  const raw: string[] = [];
  bus.subscribe('heddle.results.goal-1', ({ data }) => void raw.push(Buffer.from(data).toString()));
  const polling = poll(gateway, { task_types: ['ocr.standard'], timeout_ms: 20_000 });
  await listening(bus, 'ocr');
  bus.publish(
    'heddle.tasks.ocr.standard',
    '{"task_id":"t1","parent_task_id":"goal-1","worker_type":"ocr","payload":{"n":1.0,"big":12345678901234567890},' +
      '"request_id":"r1","metadata":{"a":"b"},"_x":{"deep":1.50},' +
      '"_trace_context":{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}',
  );
  const [item] = await polling;
  assert.ok(item !== undefined);
  assert.deepEqual(
    [item.task_id, item.heddle_task_id, item.run_id, item.step_id, item.attempt, item.iteration, item.request_id],
    ['t1', 't1', 'goal-1', 't1', 1, 0, 'r1'],
  );
  assert.deepEqual(item.input, item.payload);
  assert.deepEqual(item.metadata, { a: 'b', model_tier: 'standard' });
  assert.equal(item.traceparent, '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
  const text =
    '{"action":"complete","output":{"n":2.0,"big":98765432109876543210},"model_used":"m","token_usage":{"in":3}}';
  const response = await gateway.ask('/v1/tasks/t1/resolve', {
    body: text,
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(response.status, 200);
  await until('the result', () => raw.length === 1);
  const [result] = results;
  assert.deepEqual(
    [result?.task_id, result?.parent_task_id, result?.worker_type, result?.status, result?.model_used],
    ['t1', 'goal-1', 'ocr', 'completed', 'm'],
  );
  assert.deepEqual(result?.token_usage, { in: 3 });
  assert.match(raw[0] ?? '', /"output":\{"n":2\.0,"big":98765432109876543210\}/);
  assert.match(raw[0] ?? '', /"_x":\{"deep":1\.50\}/);
  assert.match(raw[0] ?? '', /"_trace_context":\{"traceparent":"00-0af7651916cd43dd8448eb211c80319c/);
});

test('the same answer twice is one result; another one is refused; an unknown task is not found', async (t) => {
  const { gateway, bus } = await started(t);
  const results = await hearResults(bus);
  const item = await handed(gateway, bus, 't1');
  const done = { action: 'complete', output: { ok: true } };
  const both = await Promise.all([resolve(gateway, item.task_id, done), resolve(gateway, item.task_id, done)]);
  assert.deepEqual(
    both.map(({ status }) => status),
    [200, 200],
  );
  assert.deepEqual(both.map(({ body }) => body.duplicate).sort(), [false, true]);
  const other = await resolve(gateway, item.task_id, { action: 'fail', error: 'no' });
  assert.deepEqual([other.status, other.body.code], [409, 'already_resolved']);
  const beat = await resolve(gateway, item.task_id, { action: 'heartbeat' });
  assert.deepEqual([beat.status, beat.body.code], [409, 'already_resolved']);
  const none = await resolve(gateway, 'never-heard-of', { action: 'heartbeat' });
  assert.deepEqual([none.status, none.body.code], [404, 'unknown_task']);
  await bus.flush();
  assert.equal(results.length, 1);
});

test('what a lease id says is held to: that of another delivery is stale', async (t) => {
  const { gateway, bus } = await started(t, 'workers: {require_lease_id: true, types: {ocr: {}}}\n');
  const item = await handed(gateway, bus, 't1');
  const without = await resolve(gateway, item.task_id, { action: 'heartbeat' });
  assert.deepEqual([without.status, without.body.code], [400, 'invalid_action']);
  const wrong = await resolve(gateway, item.task_id, { action: 'heartbeat', lease_id: `${item.lease_id}0` });
  assert.deepEqual([wrong.status, wrong.body.code], [409, 'stale_lease']);
  const right = await resolve(gateway, item.task_id, { action: 'complete', output: {}, lease_id: item.lease_id });
  assert.equal(right.status, 200);
});

test('a lease that ran out: the next worker has the task, the first is too late, and there is one result', async (t) => {
  const { gateway, bus } = await started(
    t,
    'workers: {types: {ocr: {lease_s: 1, on_expiry: requeue, max_attempts: 2}}}\n',
  );
  const results = await hearResults(bus);
  const first = await handed(gateway, bus, 't1');
  await resolve(gateway, first.task_id, { action: 'checkpoint', data: { page: 7 } });
  const [second] = await poll(gateway, { task_types: ['ocr'], timeout_ms: 20_000 });
  assert.deepEqual([second?.task_id, second?.attempt, second?.heddle_task_id], ['t1~2', 2, 't1']);
  assert.deepEqual(second?.checkpoint, { page: 7 });
  const late = await resolve(gateway, first.task_id, { action: 'complete', output: { by: 'first' } });
  assert.deepEqual([late.status, late.body.code], [409, 'stale_lease']);
  const good = await resolve(gateway, 't1~2', { action: 'complete', output: { by: 'second' } });
  assert.equal(good.status, 200);
  await bus.flush();
  assert.deepEqual(
    results.map(({ output }) => output),
    [{ by: 'second' }],
  );
});

test('without another attempt a lease that ran out is a failed result, or counted as dropped, as the config says', async (t) => {
  const { gateway, bus } = await started(
    t,
    'workers: {types: {ocr: {lease_s: 1}, gone: {lease_s: 1, on_expiry: drop}}}\n',
  );
  const results = await hearResults(bus);
  const item = await handed(gateway, bus, 't1');
  const polling = poll(gateway, { task_types: ['gone'], timeout_ms: 20_000 });
  await listening(bus, 'gone');
  sendTasks(bus, 'gone', ['t2']);
  await polling;
  await until('the failed result', () => results.length === 1);
  assert.deepEqual([results[0]?.task_id, results[0]?.status], ['t1', 'failed']);
  assert.match(String(results[0]?.error), /lease expired/);
  const late = await resolve(gateway, item.task_id, { action: 'complete', output: {} });
  assert.deepEqual([late.status, late.body.code], [410, 'lease_expired']);
  await until('the count of the dropped one', async () =>
    (await (await gateway.ask('/metrics')).text()).includes('worker_tasks_total{type="gone",step="dropped"} 1'),
  );
});

test('failures: terminal by default, by their kind, or handed out again while there are attempts', async (t) => {
  const { gateway, bus } = await started(t, 'workers: {types: {ocr: {max_attempts: 3}, other: {}}}\n');
  const results = await hearResults(bus);
  const attempts: unknown[] = [];
  await handed(gateway, bus, 'x').then(async (item) => {
    attempts.push(item.attempt);
    const { body } = await resolve(gateway, item.task_id, { action: 'fail', error: 'once', failure_type: 'retriable' });
    assert.deepEqual([body.retried, body.next_attempt, body.volatile], [true, 2, true]);
  });
  const [second] = await poll(gateway, { task_types: ['ocr'] });
  const again = await resolve(gateway, second?.task_id ?? '', {
    action: 'fail',
    failure_type: 'retry_after',
    retry_after_ms: 100,
  });
  assert.deepEqual([again.body.retried, again.body.retry_after_ms], [true, 100]);
  const [third] = await poll(gateway, { task_types: ['ocr'], timeout_ms: 20_000 });
  attempts.push(second?.attempt, third?.attempt);
  const last = await resolve(gateway, third?.task_id ?? '', { action: 'fail', error: 'thrice' });
  assert.deepEqual([last.body.retried, last.body.status], [false, 'failed']);
  const permanent = await handed(gateway, bus, 'y');
  assert.equal(
    (await resolve(gateway, permanent.task_id, { action: 'fail', error: 'never', failure_type: 'permanent' })).body
      .retried,
    false,
  );
  await bus.flush();
  assert.deepEqual(attempts, [1, 2, 3]);
  assert.deepEqual(
    results.map(({ task_id, status, error }) => [task_id, status, error]),
    [
      ['x', 'failed', 'thrice'],
      ['y', 'failed', 'never'],
    ],
  );
  const item = await handed(gateway, bus, 'z');
  const unknown = await resolve(gateway, item.task_id, { action: 'fail', failure_type: 'fatal' });
  assert.equal(unknown.status, 400);
  assert.match(JSON.stringify(unknown.body.errors), /non_retriable, permanent, retry_after/);
});

test('release hands a task on at once, pause after its time, both with what was put by', async (t) => {
  const { gateway, bus } = await started(t);
  const one = await handed(gateway, bus, 't');
  assert.equal((await resolve(gateway, one.task_id, { action: 'release' })).body.status, 'released');
  const [two] = await poll(gateway, { task_types: ['ocr'] });
  assert.deepEqual([two?.task_id, two?.attempt, two?.checkpoint], ['t~2', 1, undefined]);
  const paused = await resolve(gateway, 't~2', { action: 'pause', duration_ms: 200, checkpoint: [1, 2] });
  assert.deepEqual([paused.body.status, paused.body.volatile], ['paused', true]);
  assert.deepEqual(await poll(gateway, { task_types: ['ocr'], timeout_ms: 0 }), []);
  const [three] = await poll(gateway, { task_types: ['ocr'], timeout_ms: 20_000 });
  assert.deepEqual([three?.task_id, three?.attempt, three?.checkpoint], ['t~3', 1, [1, 2]]);
  const wrong = await resolve(gateway, 't~3', { action: 'pause', duration_ms: 3_600_001 });
  assert.equal(wrong.status, 400);
});

test('a poll is answered with what is there at once; three idle types are waited for once in all; a poller that left gets nothing', async (t) => {
  const { gateway, bus } = await started(t, 'workers: {types: {ocr: {}, a: {}, b: {}, c: {}}}\n');
  const from = performance.now();
  assert.deepEqual(await poll(gateway, { task_types: ['a', 'b', 'c'], timeout_ms: 1_000 }), []);
  assert.ok(performance.now() - from >= 990);
  assert.ok(performance.now() - from < 1_500 || process.env.CI !== undefined, `${performance.now() - from} ms`);
  const leaving = new AbortController();
  const left = poll(gateway, { task_types: ['ocr'], timeout_ms: 30_000 }, { signal: leaving.signal }).catch(
    () => 'left',
  );
  await listening(bus, 'ocr');
  leaving.abort();
  assert.equal(await left, 'left');
  const waiting = poll(gateway, { task_types: ['ocr'], max_tasks: 5, timeout_ms: 30_000 });
  sendTasks(bus, 'ocr', ['t1']);
  assert.deepEqual(
    (await waiting).map(({ task_id }) => task_id.replace(/~\d+$/, '')),
    ['t1'],
  );
});

test('what is sent between two polls waits here, as much as fits; what does not goes to others of the group', async (t) => {
  const { gateway, bus, connect } = await started(t, 'workers: {types: {ocr: {buffer: 200}}}\n');
  await poll(gateway, { task_types: ['ocr'], timeout_ms: 0 });
  await listening(bus, 'ocr');
  const native = await connect();
  const taken: string[] = [];
  const ids = Array.from({ length: 500 }, (_, at) => `t${at}`);
  const serving = await serveTasks(native, {
    settings: {
      name: 'ocr',
      kind: 'processor',
      tier: 'standard',
      inputSchema: undefined,
      outputSchema: undefined,
      timeoutMs: undefined,
    },
    performer: inProcess({
      handle: (payload: Record<string, unknown>) => {
        taken.push(String(payload.id));
        return {};
      },
    }),
  });
  t.after(() => serving.stop(100));
  sendTasks(bus, 'ocr', ids);
  await bus.flush();
  const here: string[] = [];
  await until('all of them somewhere', async () => {
    const items = here.length < 200 ? await poll(gateway, { task_types: ['ocr'], max_tasks: 100, timeout_ms: 0 }) : [];
    here.push(...items.map(({ heddle_task_id }) => heddle_task_id));
    return here.length + taken.length >= 500;
  });
  assert.deepEqual([...here, ...taken].sort(), [...ids].sort());
  assert.ok(taken.length >= 100, `${taken.length} went to the native worker`);
});

test('at the end what waits goes back to the bus, and what is handed out has its worker waited for', async (t) => {
  const { gateway, bus, connect } = await started(t);
  const results = await hearResults(bus);
  const item = await handed(gateway, bus, 'held');
  sendTasks(bus, 'ocr', ['w1', 'w2']);
  await until('two that wait', async () =>
    (await (await gateway.ask('/metrics')).text()).includes('worker_buffered{type="ocr",tier="standard"} 2'),
  );
  const native = await connect();
  const back: string[] = [];
  native.subscribe(
    'heddle.tasks.ocr.standard',
    ({ data }) => void back.push(JSON.parse(Buffer.from(data).toString()).task_id),
    { queue: 'processors-ocr' },
  );
  await native.flush();
  const draining = gateway.drain(20_000);
  await until('both of them', () => back.length === 2);
  assert.deepEqual(back.sort(), ['w1', 'w2']);
  const done = await resolve(gateway, item.task_id, { action: 'complete', output: { late: false } });
  assert.equal(done.status, 200);
  assert.deepEqual(await draining, { cut: 0 });
  assert.deepEqual(
    results.map(({ task_id, status }) => [task_id, status]),
    [['held', 'completed']],
  );
});

test('where nobody else listens, those who wait for what is given back are told', async (t) => {
  const { gateway, bus } = await started(t, 'workers: {types: {ocr: {lease_s: 1}}}\n');
  const results = await hearResults(bus);
  await poll(gateway, { task_types: ['ocr'], timeout_ms: 0 });
  await listening(bus, 'ocr');
  sendTasks(bus, 'ocr', ['w1']);
  await until('its failed result', () => results.length === 1);
  assert.match(String(results[0]?.error), /nobody else listens/);
});

test('inputs and outputs are held to the schemas of the worker', async (t) => {
  const schema = { type: 'object', required: ['id'], properties: { id: { type: 'string' } } };
  const { gateway, bus } = await started(t, 'workers: {types: {ocr: {wrap_output: none}}}\n', {
    inputs: new Map([['ocr', schema]]),
    outputs: new Map([['ocr', { type: 'object', required: ['text'] }]]),
  });
  const results = await hearResults(bus);
  const polling = poll(gateway, { task_types: ['ocr'], timeout_ms: 20_000 });
  await listening(bus, 'ocr');
  sendTasks(bus, 'ocr', ['bad'], { payload: { id: 1 } });
  await until('the failed result', () => results.length === 1);
  assert.equal(results[0]?.error, "Input validation: ['input.id: expected string']");
  sendTasks(bus, 'ocr', ['good']);
  const [item] = await polling;
  const refused = await resolve(gateway, item?.task_id ?? '', { action: 'complete', output: 'text' });
  assert.deepEqual([refused.status, refused.body.code], [422, 'invalid_output']);
  const failed = await resolve(gateway, item?.task_id ?? '', { action: 'complete', output: { txt: 1 } });
  assert.deepEqual([failed.status, failed.body.status], [200, 'failed']);
  await bus.flush();
  assert.equal(results[1]?.error, 'Output validation: ["output: missing required field \'text\'"]');
});

test('twenty pollers, a thousand tasks: each once, in fair shares; a type with one task is not kept waiting by one with hundreds', async (t) => {
  const { gateway, bus } = await started(t, 'workers: {types: {ocr: {buffer: 2000}, other: {}}}\n');
  const results = await hearResults(bus);
  const workers = Array.from({ length: 20 }, () => worker(t, gateway, ['ocr', 'other']));
  await listening(bus, 'ocr');
  await listening(bus, 'other');
  const ids = Array.from({ length: 1_000 }, (_, at) => `t${at}`);
  sendTasks(bus, 'ocr', ids);
  sendTasks(bus, 'other', ['lonely']);
  await until('all results', () => results.length >= 1_001, 60_000);
  await Promise.all(workers.map((each) => each.stop()));
  const place = results.findIndex(({ task_id }) => task_id === 'lonely');
  assert.ok(place < 200, `the only one of its type was number ${place}`);
  assert.deepEqual(results.map(({ task_id }) => task_id).sort(), [...ids, 'lonely'].sort());
  const loads = workers.map(({ done }) => done.length);
  assert.ok(Math.max(...loads) - Math.min(...loads) <= 0.4 * 50, loads.join());
});
