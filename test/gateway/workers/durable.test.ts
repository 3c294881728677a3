import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Transport } from '../../../src/transport/transport.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { skipWithoutNatsServer } from '../../helpers/nats-server.ts';
import { startProgram } from '../../helpers/program.ts';
import { keepingBus } from '../bus.ts';
import { startGateway, type TestGateway } from '../start.ts';
import { hearResults, type Item, poll, resolve, sendTasks, until, worker } from './kit.ts';

noLeaks();

const skip = skipWithoutNatsServer();

async function started(t: TestContext, type = '{mode: durable, lease_s: 1, max_attempts: 3, tiers: [standard]}') {
  const { connect, server } = await keepingBus(t);
  const text = `workers: {types: {ocr: ${type}}}\n`;
  const gateway = await startGateway(t, await connect({ reconnect: true }), text);
  const bus = await connect();
  return { gateway, bus, connect, text, server, results: await hearResults(bus) };
}

/** Messages that nobody has finished. */
async function left(bus: Transport): Promise<number> {
  const answer = await bus.request('$JS.API.STREAM.INFO.heddle-tasks-ocr', '', { timeoutMs: 5_000 });
  return (JSON.parse(Buffer.from(answer.data).toString()) as { state: { messages: number } }).state.messages;
}

async function one(gateway: Pick<TestGateway, 'ask'>): Promise<Item> {
  const [item] = await poll(gateway, { task_types: ['ocr'], timeout_ms: 30_000 });
  return item ?? assert.fail('no task came');
}

test('what a config changes of a stream and its consumers is in force after the next start', { skip }, async (t) => {
  const { connect, bus } = await started(t, '{mode: durable, lease_s: 1, tiers: [standard]}');
  const text = 'workers: {leases: 77, types: {ocr: {mode: durable, lease_s: 9, tiers: [standard, local]}}}\n';
  await startGateway(t, await connect(), text);
  for (const tier of ['standard', 'local']) {
    const said = await bus.request(`$JS.API.CONSUMER.INFO.heddle-tasks-ocr.processors-ocr-${tier}`, '', {
      timeoutMs: 5_000,
    });
    const { config } = JSON.parse(Buffer.from(said.data).toString()) as { config: Record<string, number> };
    assert.ok((config.ack_wait ?? 0) >= 9e9);
    assert.equal(config.max_ack_pending, 77);
  }
});

test('what nobody asked for yet is kept; always failing, a task has all its attempts, one failed result, and nothing stays', {
  skip,
}, async (t) => {
  const { gateway, bus, results } = await started(t);
  sendTasks(bus, 'ocr', ['t']);
  await until('the stream has it', async () => (await left(bus)) === 1);
  const attempts: unknown[] = [];
  const handles: unknown[] = [];
  for (let round = 0; round < 3; round += 1) {
    const item = await one(gateway);
    attempts.push(item.attempt);
    handles.push(item.task_id);
    const { body } = await resolve(gateway, item.task_id, {
      action: 'fail',
      error: `no ${round}`,
      failure_type: 'retriable',
    });
    assert.deepEqual([body.retried, body.volatile ?? false], [round < 2, false]);
  }
  assert.deepEqual(
    [attempts, handles],
    [
      [1, 2, 3],
      ['t', 't~2', 't~3'],
    ],
  );
  await until('it is gone', async () => (await left(bus)) === 0);
  assert.deepEqual(
    results.map(({ status, error }) => [status, error]),
    [['failed', 'no 2']],
  );
});

test('a lease that runs out is handed out again with what was put by; the late answer is stale; no attempt left is a failed result', {
  skip,
}, async (t) => {
  const { gateway, bus, results } = await started(t, '{mode: durable, lease_s: 1, max_attempts: 2, tiers: [standard]}');
  sendTasks(bus, 'ocr', ['a', 'b']);
  const first = [await one(gateway), await one(gateway)];
  for (const { task_id } of first) await resolve(gateway, task_id, { action: 'checkpoint', data: { of: task_id } });
  const second = [await one(gateway), await one(gateway)];
  assert.deepEqual(second.map(({ task_id, attempt, checkpoint }) => [task_id, attempt, checkpoint]).sort(), [
    ['a~2', 2, { of: 'a' }],
    ['b~2', 2, { of: 'b' }],
  ]);
  const late = await resolve(gateway, 'a', { action: 'complete', output: {} });
  assert.deepEqual([late.status, late.body.code], [409, 'stale_lease']);
  assert.equal((await resolve(gateway, 'a~2', { action: 'complete', output: {} })).status, 200);
  await until('both results', () => results.length === 2);
  assert.deepEqual(
    results.map(({ task_id, status }) => [task_id, status]),
    [
      ['a', 'completed'],
      ['b', 'failed'],
    ],
  );
  assert.match(String(results[1]?.error), /no worker answered within 1 s, in 2 attempts/);
  await until('nothing left', async () => (await left(bus)) === 0);
});

test('release and pause use up no attempt; heartbeats keep a lease far beyond its time', { skip }, async (t) => {
  const { gateway, bus, results } = await started(t, '{mode: durable, lease_s: 1, tiers: [standard]}');
  sendTasks(bus, 'ocr', ['t']);
  const released = await one(gateway);
  assert.equal((await resolve(gateway, released.task_id, { action: 'release' })).body.volatile, false);
  const paused = await one(gateway);
  assert.equal(paused.attempt, 1);
  await resolve(gateway, paused.task_id, { action: 'pause', duration_ms: 300, checkpoint: 5 });
  const item = await one(gateway);
  assert.deepEqual([item.attempt, item.checkpoint], [1, 5]);
  for (let beat = 0; beat < 15; beat += 1) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    assert.equal((await resolve(gateway, item.task_id, { action: 'heartbeat' })).status, 200);
  }
  assert.equal((await resolve(gateway, item.task_id, { action: 'complete', output: {} })).status, 200);
  await until('the result', () => results.length === 1);
  await until('nothing left', async () => (await left(bus)) === 0);
});

test('tasks that came between two polls wait for the next one, and none is called unanswered that a worker has', {
  skip,
}, async (t) => {
  const { gateway, bus, results } = await started(t, '{mode: durable, lease_s: 300, tiers: [standard]}');
  const ids = Array.from({ length: 5 }, (_, index) => `t${index}`);
  await poll(gateway, { task_types: ['ocr'], timeout_ms: 50 });
  sendTasks(bus, 'ocr', ids);
  // They went back to the stream by then, as nobody asks; nats-server 2.9 hands some of them out twice at once after that.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const items: Item[] = [];
  await until('all of them', async () => {
    items.push(...(await poll(gateway, { task_types: ['ocr'], max_tasks: 10, timeout_ms: 1_000 })));
    return items.length >= ids.length;
  });
  assert.deepEqual(items.map(({ heddle_task_id }) => heddle_task_id).sort(), ids);
  assert.deepEqual(results, []);
  for (const { task_id } of items) {
    assert.equal((await resolve(gateway, task_id, { action: 'complete', output: {} })).status, 200);
  }
  await until('nothing left', async () => (await left(bus)) === 0);
  assert.deepEqual(
    results.map(({ status }) => status),
    ids.map(() => 'completed'),
  );
});

test('a task that a worker has elsewhere stays his, though the server hands it out again before his time is over', {
  skip,
}, async (t) => {
  const { gateway, bus, results, connect, text } = await started(t, '{mode: durable, lease_s: 300, tiers: [standard]}');
  const other = await startGateway(t, await connect(), text);
  sendTasks(bus, 'ocr', ['t']);
  const item = await one(gateway);
  const asking = poll(other, { task_types: ['ocr'], timeout_ms: 1_500 });
  // What the server may make of a word that it did not hear in time.
  bus.publish('$JS.ACK.heddle-tasks-ocr.processors-ocr-standard.1.1.1.1.0', '-NAK');
  assert.deepEqual(await asking, []);
  assert.deepEqual(results, []);
  assert.equal((await resolve(gateway, item.task_id, { action: 'complete', output: {} })).status, 200);
  await until('nothing left', async () => (await left(bus)) === 0);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['completed'],
  );
});

test('two replicas and twenty pollers that answer at either: each task once, none left, in fair shares', {
  skip,
}, async (t) => {
  const { gateway, bus, results, connect, text } = await started(t, '{mode: durable, lease_s: 30, tiers: [standard]}');
  const other = await startGateway(t, await connect(), text);
  let turn = 0;
  const either = (first: TestGateway, second: TestGateway) => ({
    ask: (path: string, init?: Parameters<TestGateway['ask']>[1]) => {
      turn += 1;
      return (path.endsWith('/resolve') && turn % 3 === 0 ? second : first).ask(path, init);
    },
  });
  const ids = Array.from({ length: 600 }, (_, at) => `t${at}`);
  sendTasks(bus, 'ocr', ids);
  await bus.flush();
  const workers = Array.from({ length: 20 }, (_, at) =>
    worker(t, at % 2 === 0 ? either(gateway, other) : either(other, gateway), ['ocr']),
  );
  await until('all results', () => results.length >= 600, 90_000);
  await Promise.all(workers.map((each) => each.stop()));
  await until('nothing left', async () => (await left(bus)) === 0);
  assert.deepEqual(results.map(({ task_id }) => task_id).sort(), [...ids].sort());
});

test('after kill -9 of the gateway the other one takes an answer for it, and offers the rest again with their checkpoints', {
  skip,
}, async (t) => {
  const { connect, server } = await keepingBus(t);
  const folder = mkdtempSync(join(tmpdir(), 'heddle-durable-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const types = 'workers: {types: {ocr: {mode: durable, lease_s: 2, max_attempts: 3, tiers: [standard]}}}\n';
  writeFileSync(join(folder, 'gateway.yaml'), `kind: gateway\nlisten: 127.0.0.1:0\n${types}`);
  const doomed = startProgram(t, ['gateway', '--config', 'gateway.yaml', '--nats-url', server.url, '-o', 'ndjson'], {
    cwd: folder,
  });
  await until('it listens', () => doomed.stdout().includes('gateway_started'));
  const url = /"url":"(http:[^"]+)"/.exec(doomed.stdout())?.[1] ?? '';
  const far = {
    ask: (path: string, { json, headers }: { json?: unknown; headers?: unknown } = {}) =>
      fetch(url + path, {
        method: 'POST',
        body: JSON.stringify(json),
        headers: { 'content-type': 'application/json', ...(headers as Record<string, string>) },
      }),
  } as Pick<TestGateway, 'ask'>;
  const bus = await connect();
  const results = await hearResults(bus);
  sendTasks(bus, 'ocr', ['a', 'b', 'c', 'd']);
  const held: Item[] = [];
  while (held.length < 4) held.push(await one(far));
  for (const { task_id } of held) await resolve(far, task_id, { action: 'checkpoint', data: task_id });
  doomed.kill('SIGKILL');
  await doomed.ended;
  const gateway = await startGateway(t, await connect(), types);
  const [adopted, wrong] = held.map(({ lease_id }) => lease_id);
  const d = held.find(({ heddle_task_id }) => heddle_task_id === 'd');
  const stale = await resolve(gateway, 'd', {
    action: 'heartbeat',
    lease_id: d?.lease_id === adopted ? wrong : adopted,
  });
  assert.deepEqual([stale.status, stale.body.code], [409, 'stale_lease']);
  const done = await resolve(gateway, 'd', { action: 'complete', output: { by: 'its worker' }, lease_id: d?.lease_id });
  assert.deepEqual([done.status, done.body.status], [200, 'completed']);
  const again: Item[] = [];
  while (again.length < 3) again.push(await one(gateway));
  assert.deepEqual(
    again
      .map(({ heddle_task_id, task_id, attempt, checkpoint }) => [heddle_task_id, task_id, attempt, checkpoint])
      .sort(),
    ['a', 'b', 'c'].map((id) => [id, `${id}~2`, 2, id]),
  );
  for (const { task_id } of again) await resolve(gateway, task_id, { action: 'complete', output: {} });
  await until('all results', () => results.length === 4);
  await until('nothing left', async () => (await left(bus)) === 0);
  assert.deepEqual(await poll(gateway, { task_types: ['ocr'], timeout_ms: 100 }), []);
});

test('a worker beside the stream is refused at the start; one that comes later is counted, and nothing is done a third time', {
  skip,
}, async (t) => {
  const { gateway, bus, results, connect, text } = await started(t, '{mode: durable, lease_s: 30, tiers: [standard]}');
  sendTasks(bus, 'ocr', ['t']);
  const item = await one(gateway);
  bus.publish(
    'heddle.results.p-t',
    JSON.stringify({ task_id: 't', worker_type: 'ocr', status: 'completed', output: {} }),
  );
  await until('it is counted', async () =>
    /foreign_results_total\{type="ocr"\} 1/.test(await (await gateway.ask('/metrics')).text()),
  );
  const late = await resolve(gateway, item.task_id, { action: 'complete', output: {} });
  assert.deepEqual([late.status, late.body.code], [409, 'stale_lease']);
  await until('nothing left', async () => (await left(bus)) === 0);
  assert.equal(results.length, 1);
  bus.subscribe('heddle.tasks.ocr.standard', () => {}, { queue: 'processors-ocr' });
  await bus.flush();
  await assert.rejects(startGateway(t, await connect(), text), /takes tasks of ocr\.standard straight from the bus/);
});

test('a replica that nobody asks any more keeps no task from the other one', { skip }, async (t) => {
  const { gateway, bus, connect, text } = await started(t, '{mode: durable, lease_s: 300, tiers: [standard]}');
  const other = await startGateway(t, await connect(), text);
  const standing = async (): Promise<number> => {
    const asked = '$JS.API.CONSUMER.INFO.heddle-tasks-ocr.processors-ocr-standard';
    const said = await bus.request(asked, '', { timeoutMs: 5_000 });
    return (JSON.parse(Buffer.from(said.data).toString()) as { num_waiting: number }).num_waiting;
  };
  // At the end it has the server look at what stands there, and takes for a moment what comes then, to give it back at once.
  let requests = 0;
  bus.subscribe('$JS.API.CONSUMER.MSG.NEXT.heddle-tasks-ocr.processors-ocr-standard', () => {
    requests += 1;
  });
  await bus.flush();
  assert.deepEqual(await poll(gateway, { task_types: ['ocr'], timeout_ms: 50 }), []);
  let idle = 0;
  await until('it asks the stream for nothing', async () => {
    idle = requests > 1 && (await standing()) === 0 ? idle + 1 : 0;
    return idle > 2;
  });
  sendTasks(bus, 'ocr', ['t']);
  assert.equal((await one(other)).task_id, 't');
});
