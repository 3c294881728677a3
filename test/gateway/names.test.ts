import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_RULES } from '../../src/router/rules.ts';
import { runRouter } from '../../src/router/run.ts';
import { tasksConsumerOf, tasksStreamOf, typeKeptIn } from '../../src/topology/kept.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { keepingBus } from './bus.ts';
import { bodyOf, startGateway, type TestGateway } from './start.ts';
import { poll, resolve } from './workers/kit.ts';

noLeaks();

// Worker types with dots and letters of any script: whatever NATS can carry is worked on over HTTP, too.

const CONFIG = `
workers:
  types:
    text.split: {tiers: [local, standard]}
    größe: {mode: durable, tiers: [local]}
    注文.v2: {mode: durable, tiers: [standard]}
webhooks:
  split: {verify: {scheme: none, insecure: true}, dedupe: none, to: task, worker_type: text.split, tier: local}
  size: {verify: {scheme: none, insecure: true}, dedupe: none, to: task, worker_type: größe, tier: local}
`;

test('types with dots and other letters, in both modes, from requests and webhooks', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const { connect } = await keepingBus(t);
  const bus = await connect();
  const router = await runRouter(bus, { rules: NO_RULES, log: () => {} });
  t.after(() => router.stop(100));
  const gateway = await startGateway(t, await connect({ reconnect: true }), CONFIG);
  // From here on tasks of a core type are taken from the bus.
  await poll(gateway, { task_types: ['text.split'], timeout_ms: 0 });
  for (const [asked, worker_type, model_tier] of [
    ['text.split', 'text.split', 'local'],
    ['text.split.standard', 'text.split', 'standard'],
    ['größe', 'größe', 'local'],
    ['注文.v2.standard', '注文.v2', 'standard'],
  ] as const) {
    await done(
      gateway,
      asked,
      await gateway.ask('/v1/tasks', { json: { worker_type, model_tier, payload: { n: 1 } } }),
    );
  }
  await done(gateway, 'text.split', await gateway.ask('/webhooks/split', { json: { n: 2 } }));
  await done(gateway, 'größe.local', await gateway.ask('/webhooks/size', { json: { n: 3 } }));
  for (const worker_type of ['a..b', 'a b', '>', '']) {
    const refused = await gateway.ask('/v1/tasks', { json: { worker_type, payload: {} } });
    assert.equal(refused.status, 422, worker_type);
  }
});

/** A worker that asks for it has it, and its answer is the result of the request. */
async function done(gateway: TestGateway, asked: string, sent: Response): Promise<void> {
  const { request_id: id } = await bodyOf(sent);
  const [item] = await poll(gateway, { task_types: [asked], timeout_ms: 30_000 });
  assert.equal(item?.parent_task_id, id, asked);
  const output = { by: asked };
  assert.equal((await resolve(gateway, item?.task_id ?? '', { action: 'complete', output })).status, 200);
  for (let tries = 0; tries < 1_000; tries += 1) {
    const { state, result } = await bodyOf(await gateway.ask(`/v1/requests/${id}`));
    if (state === 'done') return assert.deepEqual((result as { output: unknown }).output, output);
    await new Promise((again) => setTimeout(again, 10));
  }
  assert.fail(`${asked} has no result`);
}

test('a name that takes much of JetStream is kept, one that takes too much is refused in words', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const { connect } = await keepingBus(t);
  const durable = (type: string): string => `workers: {types: {${type}: {mode: durable, tiers: [local]}}}\n`;
  const long = 'ж'.repeat(38);
  await startGateway(t, await connect(), durable(long));
  const bus = await connect();
  const { data } = await bus.request(`$JS.API.STREAM.INFO.${tasksStreamOf(long)}`, '', { timeoutMs: 10_000 });
  assert.match(Buffer.from(data).toString(), /"subjects":\["heddle\.tasks\.ж+\.local"\]/);
  await assert.rejects(startGateway(t, bus, durable('ж'.repeat(60))), {
    code: 'settings_invalid',
    message: /^ж+ is durable, and a stream or consumer of that name would have 377 characters, of at most 255$/,
  });
});

test('each type has a name of its own in JetStream, which says whose it is', () => {
  const types = ['ocr', 'a.b', 'a_2eb', 'a-b', 'a_b', '_', 'größe', '注文.v2', 'local', 'a.b.local', 'x'.repeat(128)];
  for (const type of types) {
    assert.equal(typeKeptIn(tasksStreamOf(type)), type);
    assert.match(tasksConsumerOf(type, 'local'), /^[A-Za-z0-9_-]+$/);
  }
  assert.equal(tasksStreamOf('ocr'), 'heddle-tasks-ocr');
  assert.equal(tasksStreamOf('a.b'), 'heddle-tasks_a_2eb');
  assert.equal(new Set(types.map(tasksStreamOf)).size, types.length);
  assert.equal(new Set(types.map((type) => tasksConsumerOf(type, 'local'))).size, types.length);
  for (const foreign of [
    'heddle-tasks',
    'heddle-tasksx',
    'heddle-tasks_',
    'heddle-tasks_ab',
    'heddle-tasks_c_3',
    'heddle-tasks_c_ff',
    'ORDERS',
  ]) {
    assert.equal(typeKeptIn(foreign), undefined, foreign);
  }
});
