import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noLeaks } from '../helpers/leaks.ts';
import { skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { problemOf, until } from '../http/raw.ts';
import { actors, keepingBus } from './bus.ts';
import { replica } from './replica.ts';
import { SIGNINGS, type Signing } from './signed.ts';
import { bodyOf, startGateway } from './start.ts';

noLeaks();

const skip = skipWithoutNatsServer();
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const ENV = (SIGNINGS.github as Signing).env;
const CONFIG = `kind: gateway\nwebhooks: {w: {verify: ${(SIGNINGS.github as Signing).verify}, to: task, worker_type: echo}}\n`;

async function post(url: string, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(url + path, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
}

test('the replica that accepted a request is killed before its answer: the other one has it, and the key answers the same', {
  skip,
}, async (t) => {
  const bus = await keepingBus(t);
  await actors(t, await bus.connect(), 700);
  const [one, other] = await Promise.all([replica(t, bus, CONFIG, ENV), replica(t, bus, CONFIG, ENV)]);
  const accepted = await post(
    one.url,
    '/v1/tasks',
    { worker_type: 'echo', payload: { n: 1 } },
    { 'idempotency-key': 'k' },
  );
  assert.equal(accepted.status, 202);
  const answer = await bodyOf(accepted);
  const waiting = post(
    one.url,
    '/v1/tasks',
    { worker_type: 'echo', payload: { n: 2 } },
    { prefer: 'wait=30', 'idempotency-key': 'w' },
  );
  await pause(200);
  one.kill('SIGKILL');
  await assert.rejects(waiting);
  const again = await post(
    other.url,
    '/v1/tasks',
    { worker_type: 'echo', payload: { n: 1 } },
    { 'idempotency-key': 'k' },
  );
  assert.deepEqual([again.status, await bodyOf(again)], [202, answer]);
  let found: Record<string, unknown> = {};
  for (let tries = 0; tries < 300 && found.state !== 'done'; tries += 1) {
    found = await bodyOf(await fetch(`${other.url}/v1/requests/${answer.request_id}`));
    await pause(20);
  }
  assert.deepEqual([found.status, (found.result as { output?: unknown } | null)?.output], ['completed', { n: 1 }]);
  // The one that was waited for by a process that is dead, too.
  let replay = await post(
    other.url,
    '/v1/tasks',
    { worker_type: 'echo', payload: { n: 2 } },
    { prefer: 'wait=5', 'idempotency-key': 'w' },
  );
  for (let tries = 0; tries < 100 && replay.status === 409; tries += 1) {
    await pause(50);
    replay = await post(
      other.url,
      '/v1/tasks',
      { worker_type: 'echo', payload: { n: 2 } },
      { prefer: 'wait=5', 'idempotency-key': 'w' },
    );
  }
  assert.deepEqual([replay.status, (await bodyOf(replay)).output], [200, { n: 2 }]);
});

test('the bus is restarted under load: each request has one true answer', { skip }, async (t) => {
  const bus = await keepingBus(t);
  const counter = await bus.connect({ reconnect: true });
  const seen = new Map<string, number>();
  counter.subscribe('heddle.tasks.incoming', ({ data }) => {
    const { task_id: id } = JSON.parse(Buffer.from(data).toString()) as { task_id: string };
    seen.set(id, (seen.get(id) ?? 0) + 1);
  });
  await counter.flush();
  const gateways = await Promise.all(
    [1, 2].map(
      async () =>
        await startGateway(t, await bus.connect({ reconnect: true }), CONFIG, {
          env: (SIGNINGS.github as Signing).env,
        }),
    ),
  );
  const statuses = new Map<number, number>();
  const said = new Map<string, number>();
  const codes = new Map<string, number>();
  let sent = 0;
  const one = async (): Promise<void> => {
    const gateway = gateways[sent % 2] as (typeof gateways)[number];
    sent += 1;
    const response = await gateway.ask('/v1/tasks', {
      json: { worker_type: 'echo', payload: { n: sent } },
      headers: { 'idempotency-key': `k-${sent}` },
    });
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    if (response.status === 202) said.set(String((await bodyOf(response)).task_id), 202);
    else {
      const { code } = await problemOf(response);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
  };
  const open = new Set<Promise<void>>();
  const endsAt = performance.now() + 4_000;
  let restarts: Promise<void> | undefined;
  for (let tick = 0; performance.now() < endsAt; tick += 1) {
    for (let at = 0; at < 10; at += 1) {
      const work = one().finally(() => open.delete(work));
      open.add(work);
    }
    if (tick === 25) restarts = bus.server.restart();
    await pause(20);
  }
  await restarts;
  await Promise.all(open);
  await until('both are ready again', () => gateways.every((each) => each.counts().inflight === 0));
  await counter.flush();
  await pause(200);
  assert.deepEqual([...statuses.keys()].sort(), [202, 503], JSON.stringify([...codes]));
  assert.ok((statuses.get(202) ?? 0) > 200, `${statuses.get(202)} were accepted`);
  for (const id of said.keys()) assert.ok(seen.has(id), `${id} was accepted and is not on the bus`);
  for (const id of seen.keys())
    assert.ok(said.has(id), `${id} is on the bus and was refused: ${JSON.stringify([...codes])}`);
  const twice = [...seen.values()].filter((count) => count > 1).length;
  t.diagnostic(
    `${sent} requests: ${said.size} accepted, ${JSON.stringify([...codes])}, ${twice} seen twice under one id`,
  );
  for (const gateway of gateways) {
    const ready = await gateway.ask('/readyz');
    assert.equal(ready.status, 200, await ready.text());
  }
});

test('without the bus a delivery is a retriable 503 that uses nothing up; readyz says so, and is 200 again', {
  skip,
}, async (t) => {
  const bus = await keepingBus(t);
  const { env } = SIGNINGS.github as Signing;
  const gateway = await startGateway(t, await bus.connect({ reconnect: true }), CONFIG, { env });
  const signed = (SIGNINGS.github as Signing).sign('d-1', 0, '');
  const deliver = () => gateway.ask('/webhooks/w', { body: signed.body, headers: signed.headers });
  await bus.server.kill();
  await until('it is noticed', () => gateway.events.length > 0 && true);
  for (let tries = 0; tries < 200 && (await gateway.ask('/readyz')).status === 200; tries += 1) await pause(10);
  const ready = await gateway.ask('/readyz');
  assert.deepEqual([ready.status, (await bodyOf(ready)).reason], [503, 'the bus cannot be reached']);
  assert.equal((await gateway.ask('/livez')).status, 200);
  const refused = await deliver();
  const shown = await problemOf(refused);
  assert.deepEqual(
    [shown.status, shown.code, shown.retryable, refused.headers.get('retry-after')],
    [503, 'bus_down', true, '5'],
  );
  assert.equal((await gateway.ask('/v1/tasks', { json: { worker_type: 'echo', payload: {} } })).status, 503);
  const forged = await gateway.ask('/webhooks/w', { body: `${signed.body} `, headers: signed.headers });
  assert.equal(forged.status, 401, 'and verification comes first');
  await bus.server.start();
  await actors(t, await bus.connect());
  for (let tries = 0; tries < 500 && (await gateway.ask('/readyz')).status !== 200; tries += 1) await pause(20);
  assert.equal((await gateway.ask('/readyz')).status, 200);
  const taken = await deliver();
  assert.equal(taken.status, 202, await taken.text());
  assert.equal((await deliver()).status, 200);
});
