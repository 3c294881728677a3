import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createFakeClock, createMemoryBus, type FakeClock, type MemoryBus } from '../../src/testing.ts';
import { sleep } from '../../src/time/wait.ts';
import { type RunWorkerOptions, runWorker } from '../../src/worker/sdk.ts';
import { gather } from '../helpers/gather.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { SETTINGS, taskText } from './start.ts';

// What a worker does as time goes by: on a clock of the test's own, over a bus in this process.

noLeaks();

const SUBJECT = 'heddle.tasks.echo.local';

async function busFor(t: TestContext): Promise<{ clock: FakeClock; bus: MemoryBus }> {
  const clock = createFakeClock({ now: Date.UTC(2026, 3, 29, 12) });
  const bus = createMemoryBus({ clock });
  t.after(() => bus.close());
  return { clock, bus };
}

test('times come from the clock, and the id of a task without one from the source of ids', async (t) => {
  const { clock, bus } = await busFor(t);
  const handler: RunWorkerOptions<object, object>['handler'] = async () => {
    await sleep(clock, 90_000);
    return {};
  };
  const options = { config: { name: 'echo' }, handler, clock, uuid: () => 'made here' };
  const worker = await runWorker(await bus.connect(), options);
  const client = await bus.connect();
  const results = await gather(client, 'heddle.results.default');
  client.publish(SUBJECT, JSON.stringify({ worker_type: 'echo', payload: {} }));
  await clock.advance(90_000);
  const [result] = results.json();
  assert.deepEqual(
    [result?.task_id, result?.processing_time_ms, result?.completed_at],
    ['made here', 90_000, '2026-04-29T12:01:30.000Z'],
  );
  await worker.stop(1_000);
});

test('a task that takes too long fails when its time is over, and the next one begins', async (t) => {
  const { clock, bus } = await busFor(t);
  const begun: number[] = [];
  const worker = await runWorker(await bus.connect(), {
    config: { ...SETTINGS, timeoutMs: 600_000 },
    handler: () => {
      begun.push(clock.elapsed());
      return new Promise(() => {});
    },
    clock,
  });
  const client = await bus.connect();
  const results = await gather(client, 'heddle.results.default');
  for (const id of ['a', 'b']) client.publish(SUBJECT, taskText(id));
  await clock.advance(599_999);
  assert.equal(results.messages.length, 0);
  await clock.advance(600_001);
  assert.deepEqual(
    results.json().map(({ task_id, error }) => [task_id, error]),
    [
      ['a', 'the task timed out after 600 s'],
      ['b', 'the task timed out after 600 s'],
    ],
  );
  assert.deepEqual(begun, [0, 600_000]);
  await worker.stop(1_000);
});

test('the grace is kept to the millisecond: what is not done is cut before it ends, and its result is sent', async (t) => {
  const { clock, bus } = await busFor(t);
  const reasons: number[] = [];
  const worker = await runWorker(await bus.connect(), {
    config: SETTINGS,
    handler: (_payload, { signal }) => {
      signal.addEventListener('abort', () => reasons.push(clock.elapsed()));
      return new Promise(() => {});
    },
    clock,
  });
  const client = await bus.connect();
  const results = await gather(client, 'heddle.results.default');
  client.publish(SUBJECT, taskText('a'));
  await clock.advance(0);
  assert.equal(worker.running, 1);
  let stopped: number | undefined;
  void worker.stop(30_000).then(() => {
    stopped = clock.elapsed();
  });
  await clock.advance(27_999);
  assert.deepEqual([reasons, stopped], [[], undefined]);
  await clock.advance(1);
  assert.deepEqual([reasons, stopped], [[28_000], 28_000]);
  assert.match(String(results.json()[0]?.error), /stopped before the task was done \(grace 30 s\)/);
  assert.equal(clock.waiting, 0);
});
