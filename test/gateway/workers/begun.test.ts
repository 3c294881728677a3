import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { gatewayClient } from '../../../src/gateway-client.ts';
import { connect } from '../../../src/transport/nats.ts';
import { proxyFor } from '../../faults/proxy.ts';
import { BUSES } from '../../helpers/buses.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { startGateway } from '../start.ts';
import { listening, poll, sendTasks, until } from './kit.ts';

// From which moment on a worker has asked: what is sent behind an answer of ours must not be lost, as the bus keeps nothing.

noLeaks();

/** A gateway whose bus is as far away as `proxy` says, and a client right beside the bus. */
async function farAway(t: TestContext, kind: (typeof BUSES)[number]) {
  const bus = await kind.start(t);
  const proxy = await proxyFor(t, Number(new URL(bus.url).port));
  const far = await connect({ servers: [proxy.url] });
  t.after(() => far.close());
  const text = 'workers: {types: {first: {}, second: {tiers: [standard]}}}\n';
  const gateway = await startGateway(t, far, text);
  const near = await bus.connect();
  return { gateway, near, proxy };
}

for (const kind of BUSES) {
  test(`what is sent behind the first answer is taken, however far away the bus is (${kind.name})`, {
    skip: kind.skip,
  }, async (t) => {
    const { gateway, near, proxy } = await farAway(t, kind);
    proxy.delay(50);
    assert.deepEqual(await poll(gateway, { task_types: ['first'], timeout_ms: 0 }), []);
    sendTasks(near, 'first', ['a', 'b', 'c']);
    const seen: string[] = [];
    await until('all of them come', async () => {
      const items = await poll(gateway, { task_types: ['first'], max_tasks: 3, timeout_ms: 5_000 });
      seen.push(...items.map(({ task_id: id }) => id));
      return seen.length === 3 || items.length === 0;
    });
    assert.deepEqual(seen, ['a', 'b', 'c']);
    const options = { workerId: 'w', taskTypes: ['second'], push: true, signal: AbortSignal.timeout(10_000) };
    let task: string | undefined;
    for await (const news of gatewayClient({ url: gateway.url }).connect(options)) {
      if (news.event === 'connected') sendTasks(near, 'second', ['d']);
      else if (news.event === 'task') task = news.task.task_id;
      if (task !== undefined) break;
    }
    assert.equal(task, 'd');
  });
}

test('a worker that leaves before it is told that it is connected is handed nothing, and leaves nothing behind', async (t) => {
  const { gateway, near, proxy } = await farAway(t, BUSES[0] ?? assert.fail());
  const metrics = async () => (await gateway.ask('/metrics')).text();
  const polling = poll(gateway, { task_types: ['first'], timeout_ms: 0 });
  await listening(near, 'first');
  await polling;
  sendTasks(near, 'first', ['a']);
  await until('it waits here', async () => /buffered\{type="first",tier="standard"\} 1/.test(await metrics()));
  proxy.delay(400);
  const leaving = new AbortController();
  const json = { worker_id: 'w', task_types: ['first', 'second'], push: true };
  const connecting = gateway.ask('/v1/workers/connect', { json, signal: leaving.signal }).catch(() => undefined);
  await until('its stream is open', () => gateway.counts().streams === 1);
  leaving.abort();
  await connecting;
  await until('its stream has ended', () => gateway.counts().streams === 0);
  await until('it is counted no more', async () => /worker_connections 0/.test(await metrics()));
  proxy.delay(0);
  const [item] = await poll(gateway, { task_types: ['first'], timeout_ms: 20_000 });
  assert.deepEqual([item?.heddle_task_id, item?.task_id], ['a', 'a'], 'its first delivery is to whoever asks');
  assert.match(await metrics(), /worker_tasks_total\{type="first",step="undelivered"\} 0/);
});
