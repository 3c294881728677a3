import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUSES } from '../../helpers/buses.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { startGateway } from '../start.ts';
import { hearResults, listening, poll, resolve, sendTasks, until, worker } from './kit.ts';

noLeaks();

const TEXT = 'workers: {types: {ocr: {buffer: 2000}}}\n';

test('any replica takes the answer to a task that another one handed out; a lease of one that is gone is lost', async (t) => {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const bus = await connect();
  const results = await hearResults(bus);
  const [one, two] = [await startGateway(t, await connect(), TEXT), await startGateway(t, await connect(), TEXT)];
  const polling = poll(one, { task_types: ['ocr'], max_tasks: 2, timeout_ms: 20_000 });
  await listening(bus, 'ocr');
  sendTasks(bus, 'ocr', ['a', 'b', 'c']);
  const items = [...(await polling)];
  while (items.length < 3) items.push(...(await poll(one, { task_types: ['ocr'], timeout_ms: 20_000 })));
  const lease = (id: string) => items.find(({ heddle_task_id }) => heddle_task_id === id)?.lease_id;
  const done = { action: 'complete', output: { ok: true } };
  assert.deepEqual((await resolve(two, 'a', { ...done, lease_id: lease('a') })).body, {
    task_id: 'a',
    status: 'completed',
    duplicate: false,
  });
  assert.equal((await resolve(two, 'b', { action: 'heartbeat' })).status, 200);
  assert.equal((await resolve(two, 'b', done)).body.duplicate, false);
  assert.equal((await resolve(one, 'b', done)).body.duplicate, true);
  const other = await resolve(two, 'b', { action: 'fail' });
  assert.deepEqual([other.status, other.body.code], [409, 'already_resolved']);
  const nobody = await resolve(two, 'd', done);
  assert.deepEqual([nobody.status, nobody.body.code], [404, 'unknown_task']);
  await until('two results', () => results.length === 2);
  await one.drain(0);
  const gone = await resolve(two, 'c', { ...done, lease_id: lease('c') });
  assert.deepEqual([gone.status, gone.body.code], [410, 'lease_lost']);
});

test('two replicas and twenty pollers that answer at either: each task once', async (t) => {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const bus = await connect();
  const results = await hearResults(bus);
  const [one, two] = [await startGateway(t, await connect(), TEXT), await startGateway(t, await connect(), TEXT)];
  let turn = 0;
  // Polls at one, answers at the other as often as not.
  const either = (first: typeof one, second: typeof one) => ({
    ask: (path: string, init?: Parameters<typeof one.ask>[1]) => {
      turn += 1;
      return (path.endsWith('/resolve') && turn % 2 === 0 ? second : first).ask(path, init);
    },
  });
  const workers = Array.from({ length: 20 }, (_, at) =>
    worker(t, at % 2 === 0 ? either(one, two) : either(two, one), ['ocr']),
  );
  await listening(bus, 'ocr');
  const ids = Array.from({ length: 600 }, (_, at) => `t${at}`);
  sendTasks(bus, 'ocr', ids);
  await until('all results', () => results.length >= 600, 60_000);
  await Promise.all(workers.map((each) => each.stop()));
  assert.deepEqual(results.map(({ task_id }) => task_id).sort(), [...ids].sort());
});

test('a replica that is too busy to say so at once still holds its leases; one that is gone holds nothing', async (t) => {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const bus = await connect();
  const one = await startGateway(t, await connect(), TEXT);
  const leases = 'heddle.gateway.leases.gateway';
  const busy = bus.subscribe(`${leases}.00000001`, ({ data, reply = '' }) => {
    const { handle } = JSON.parse(Buffer.from(data).toString()) as { handle: string };
    bus.publish(reply, JSON.stringify({ told: handle === 'held' ? { status: 'completed' } : null }));
  });
  for (const from of ['00000001', '00000002', '*']) {
    const { data } = await bus.request(`${leases}.who`, JSON.stringify({ handle: '', owner: '', from }), {
      timeoutMs: 10_000,
    });
    assert.equal(JSON.parse(Buffer.from(data).toString()).holds, false);
  }
  const done = { action: 'complete', output: {} };
  assert.equal((await resolve(one, 'held', done)).status, 200);
  assert.equal((await resolve(one, 'other', done)).body.code, 'unknown_task');
  busy.unsubscribe();
  await bus.flush();
  assert.equal((await resolve(one, 'held', done)).body.code, 'unknown_task');
});
