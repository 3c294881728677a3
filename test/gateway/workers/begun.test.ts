import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatewayClient } from '../../../src/gateway-client.ts';
import { connect } from '../../../src/transport/nats.ts';
import { proxyFor } from '../../faults/proxy.ts';
import { BUSES } from '../../helpers/buses.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { startGateway } from '../start.ts';
import { poll, sendTasks, until } from './kit.ts';

// From which moment on a worker has asked: what is sent behind an answer of ours must not be lost, as the bus keeps nothing.

noLeaks();

for (const kind of BUSES) {
  test(`what is sent behind the first answer is taken, however far away the bus is (${kind.name})`, {
    skip: kind.skip,
  }, async (t) => {
    const bus = await kind.start(t);
    const proxy = await proxyFor(t, Number(new URL(bus.url).port));
    const far = await connect({ servers: [proxy.url] });
    t.after(() => far.close());
    const text = 'workers: {types: {first: {}, second: {tiers: [standard]}}}\n';
    const gateway = await startGateway(t, far, text);
    const near = await bus.connect();
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
