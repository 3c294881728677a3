import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_RULES } from '../../src/router/rules.ts';
import { runRouter } from '../../src/router/run.ts';
import { inProcess } from '../../src/worker/in-process.ts';
import { serveTasks } from '../../src/worker/run.ts';
import { BUSES } from '../helpers/buses.ts';
import { gather } from '../helpers/gather.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { problemOf } from '../http/raw.ts';
import { bodyOf, startGateway } from './start.ts';

noLeaks();

for (const bus of BUSES) {
  test(`${bus.name}: a task by request, waited for and looked up`, { skip: bus.skip }, async (t) => {
    const { connect } = await bus.start(t);
    const actors = await connect();
    await runRouter(actors, { rules: NO_RULES, log: () => {} });
    await serveTasks(actors, {
      settings: {
        name: 'echo',
        kind: 'processor',
        tier: 'standard',
        inputSchema: undefined,
        outputSchema: undefined,
        timeoutMs: undefined,
      },
      performer: inProcess({ handle: (payload: unknown) => payload as Record<string, unknown> }),
    });
    const gateway = await startGateway(t, await connect({ reconnect: true }));
    const waited = await gateway.ask('/v1/tasks', {
      json: { worker_type: 'echo', payload: { n: 1 } },
      headers: { prefer: 'wait=5', 'content-type': 'application/json' },
    });
    assert.equal(waited.status, 200, JSON.stringify(gateway.events));
    assert.equal(waited.headers.get('heddle-task-status'), 'completed');
    assert.deepEqual((await bodyOf(waited)).output, { n: 1 });
    const sent = await gateway.ask('/v1/tasks', { json: { worker_type: 'echo', payload: { n: 2 } } });
    assert.equal(sent.status, 202);
    const { status_url: url, listener } = await bodyOf(sent);
    assert.equal(listener, 'seen');
    for (let tries = 0; tries < 100; tries += 1) {
      const found = await bodyOf(await gateway.ask(String(url)));
      if (found.state === 'done') {
        assert.equal(found.status, 'completed');
        assert.deepEqual((found.result as Record<string, unknown>).output, { n: 2 });
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.fail('no result');
  });

  test(`${bus.name}: nobody listens`, { skip: bus.skip }, async (t) => {
    const { connect } = await bus.start(t);
    const gateway = await startGateway(t, await connect({ reconnect: true }));
    const refused = await gateway.ask('/v1/tasks', { json: { worker_type: 'echo', payload: {} } });
    assert.deepEqual([refused.status, (await problemOf(refused)).code], [503, 'nobody_listens']);
    void gather;
  });
}
