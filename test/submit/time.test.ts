import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prepareTask } from '../../src/submit/task-draft.ts';
import { traceSubmission } from '../../src/submit/trace/trace.ts';
import { createFakeClock, createMemoryBus } from '../../src/testing.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { hanging, sources, startRouter, startWorker } from './actors.ts';

noLeaks();

test('a trace that stands still asks who is there, once for each silence and at its end', async (t) => {
  const clock = createFakeClock();
  const bus = createMemoryBus({ clock });
  t.after(() => bus.close());
  await startRouter(await bus.connect());
  await startWorker(await bus.connect(), hanging);
  const client = await bus.connect();
  const task = prepareTask({ workerType: 'echo', payload: {}, parentId: 'p' }, sources);
  const asked: number[] = [];
  const tracing = traceSubmission(client, task, {
    clock,
    timeoutMs: 10_000,
    quietMs: 300,
    readMap: async () => {
      asked.push(clock.elapsed());
      return { known: false, code: 'unserved', reason: 'nobody tells', hint: 'ask elsewhere' };
    },
  });
  await clock.advance(299);
  assert.deepEqual(asked, []);
  await clock.advance(1);
  assert.deepEqual(asked, [300]);
  // To the end of its time, and of the time in which a second answer would be noticed.
  await clock.advance(9_700 + 200);
  const { outcome, hops } = await tracing;
  assert.equal(outcome.kind, 'timeout');
  assert.deepEqual(
    hops.map(({ kind, at_ms }) => [kind, at_ms]),
    [
      ['published', 0],
      ['routed', 0],
    ],
  );
  // What is said at the end is not what was true ten seconds before.
  assert.deepEqual([asked, clock.waiting], [[300, 10_200], 0]);
});
