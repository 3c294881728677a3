import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryBus } from '../../../src/transport/memory.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { skipWithoutNatsServer } from '../../helpers/nats-server.ts';
import { keepingBus } from '../bus.ts';
import { startGateway, type TestGateway } from '../start.ts';
import { hearResults, type Item, listening, poll, resolve, sendTasks, until } from './kit.ts';

noLeaks();

const skip = skipWithoutNatsServer();
const DONE = { action: 'complete', output: { ok: true } };

async function take(gateway: Pick<TestGateway, 'ask'>, count: number): Promise<Item[]> {
  const items: Item[] = [];
  while (items.length < count) items.push(...(await poll(gateway, { task_types: ['ocr'], timeout_ms: 20_000 })));
  return items;
}

async function counted(gateway: Pick<TestGateway, 'ask'>, step: string): Promise<number> {
  const text = await (await gateway.ask('/metrics')).text();
  return Number(new RegExp(`worker_tasks_total\\{type="ocr",step="${step}"\\} (\\d+)`).exec(text)?.[1] ?? -1);
}

test('a result whose confirmation was lost is not sent again: the answer says so, and neither a repeat nor the end of the lease makes a second one', async (t) => {
  const memory = createMemoryBus();
  t.after(() => memory.close());
  const gateway = await startGateway(
    t,
    await memory.connect({ reconnect: true }),
    'workers: {types: {ocr: {lease_s: 1}}}\n',
  );
  const bus = await memory.connect({ reconnect: true });
  const results: unknown[] = [];
  bus.subscribe('heddle.results.>', ({ data }) => {
    results.push(JSON.parse(Buffer.from(data).toString()));
    // It is there, and the word of the server for it is not.
    if (results.length === 1) memory.dropConnections();
  });
  const polling = take(gateway, 1);
  await listening(bus, 'ocr');
  sendTasks(bus, 'ocr', ['t']);
  const [item] = await polling;
  const lease = { lease_id: item?.lease_id };
  const first = await resolve(gateway, 't', { ...DONE, ...lease });
  assert.deepEqual([first.status, first.body.status, first.body.confirmed], [200, 'completed', false]);
  assert.match(
    String(first.body.detail),
    /^the bus did not confirm the result: it may have arrived or not\. It is not sent again/,
  );
  const again = await resolve(gateway, 't', { ...DONE, ...lease });
  assert.deepEqual([again.status, again.body.duplicate, again.body.confirmed], [200, true, false]);
  const other = await resolve(gateway, 't', { action: 'fail', ...lease });
  assert.deepEqual([other.status, other.body.code], [409, 'already_resolved']);
  // Long enough for the lease to have ended, seen by one that does end.
  const second = take(gateway, 1);
  await bus.flush().catch(() => {});
  await listening(bus, 'ocr');
  sendTasks(bus, 'ocr', ['u']);
  await second;
  await until('the other one has failed', () => results.length === 2);
  assert.deepEqual(
    results.map((result) => (result as Record<string, unknown>).task_id),
    ['t', 'u'],
  );
  assert.equal(await counted(gateway, 'unconfirmed'), 1);
  assert.ok(gateway.events.some((event) => event.kind === 'work_ended' && event.how === 'unconfirmed'));
});

test('mode core: two messages with one id are two tasks with a lease and a result each, and that is counted', async (t) => {
  const memory = createMemoryBus();
  t.after(() => memory.close());
  const gateway = await startGateway(t, await memory.connect(), 'workers: {types: {ocr: {}}}\n');
  const bus = await memory.connect();
  const results = await hearResults(bus);
  const taking = take(gateway, 2);
  await listening(bus, 'ocr');
  sendTasks(bus, 'ocr', ['t', 't']);
  const items = await taking;
  assert.deepEqual(
    items.map(({ task_id, heddle_task_id }) => [task_id, heddle_task_id]),
    [
      ['t', 't'],
      ['t~2', 't'],
    ],
  );
  for (const { task_id } of items) assert.equal((await resolve(gateway, task_id, DONE)).body.duplicate, false);
  await until('both results', () => results.length === 2);
  assert.equal(await counted(gateway, 'same_id'), 1);
});

test('mode durable: two messages with one id have a lease each, at one replica or at two; the first answer is the only result, and nothing stays', {
  skip,
}, async (t) => {
  const { connect } = await keepingBus(t);
  const text = 'workers: {types: {ocr: {mode: durable, lease_s: 30, tiers: [standard]}}}\n';
  const one = await startGateway(t, await connect(), text);
  const two = await startGateway(t, await connect(), text);
  const bus = await connect();
  const results = await hearResults(bus);
  const left = async (): Promise<number> => {
    const answer = await bus.request('$JS.API.STREAM.INFO.heddle-tasks-ocr', '', { timeoutMs: 5_000 });
    return (JSON.parse(Buffer.from(answer.data).toString()) as { state: { messages: number } }).state.messages;
  };
  for (const [id, first, second] of [
    ['here', one, one],
    ['apart', one, two],
  ] as const) {
    results.length = 0;
    sendTasks(bus, 'ocr', [id]);
    const [item] = await take(first, 1);
    sendTasks(bus, 'ocr', [id]);
    const [twin] = await take(second, 1);
    assert.equal(item?.task_id, id);
    assert.match(String(twin?.task_id), new RegExp(`^${id}~\\d+~\\d+$`));
    assert.deepEqual([twin?.heddle_task_id, twin?.attempt], [id, 1]);
    assert.equal((await resolve(second, String(twin?.task_id), { action: 'heartbeat' })).status, 200);
    // By the handle alone, and at the replica that did not hand it out.
    assert.equal((await resolve(two, id, DONE)).status, 200);
    await until('both are gone', async () => (await left()) === 0);
    const late = await resolve(one, String(twin?.task_id), { action: 'complete', output: { late: true } });
    assert.deepEqual([late.status, late.body.code], [409, 'stale_lease']);
    assert.deepEqual(
      results.map(({ task_id, output }) => [task_id, output]),
      [[id, { ok: true }]],
    );
  }
  assert.deepEqual([await counted(one, 'same_id'), await counted(two, 'same_id')], [1, 1]);
});
