import assert from 'node:assert/strict';
import { test } from 'node:test';
import { News } from '../../src/gateway/hub/news.ts';
import { HubNumbers } from '../../src/gateway/hub/numbers.ts';
import { createFakeClock } from '../../src/time/fake-clock.ts';
import { createMemoryBus } from '../../src/transport/memory.ts';

test('what cannot be kept while the gateway ends is lost, counted and told, and nothing waits for it any more', async () => {
  const clock = createFakeClock();
  const bus = await createMemoryBus().connect();
  const numbers = new HubNumbers();
  const lost: string[] = [];
  let looks = 0;
  const news = new News({
    transport: bus,
    store: {
      get: async () => {
        looks += 1;
        throw new Error('the bus is away');
      },
    } as never,
    hub: { clients: { size: 1 }, numbers } as never,
    clock,
    mostBytes: 1_000,
    updates: undefined,
    lost: (id, reason) => lost.push(`${id}: ${reason}`),
  });
  await news.begin();
  for (const id of ['gw-1', 'gw-2']) {
    const result = { task_id: 't', parent_task_id: id, worker_type: 'w', status: 'completed', output: {} };
    bus.publish(`heddle.results.${id}`, JSON.stringify(result));
  }
  await bus.flush();
  await clock.advance(300);
  assert.deepEqual([looks, clock.waiting], [4, 2], 'each is tried again');
  const putAway = news.putAway(1_000);
  await clock.advance(1_000);
  await putAway;
  assert.deepEqual(lost, ['gw-1: the bus is away', 'gw-2: the bus is away']);
  assert.equal(clock.waiting, 0);
  const before = looks;
  await clock.advance(60_000);
  assert.equal(looks, before, 'nothing is tried any more');
  await bus.close();
});

test('what this user may not hear keeps nobody from what it may', async () => {
  const users = [{ user: 'u', password: 'p', permissions: { subscribe: { deny: ['states.>'] } } }];
  const bus = createMemoryBus({ users });
  const transport = await bus.connect({ auth: { user: 'u', password: 'p' } });
  const unused = {} as never;
  const options = { store: unused, hub: unused, mostBytes: 1_000, lost: () => {} };
  const news = new News({ ...options, transport, clock: createFakeClock(), updates: 'states.' });
  await news.begin();
  await news.putAway(1_000);
  await bus.close();
});
