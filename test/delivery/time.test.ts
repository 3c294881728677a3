import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { encodeMessage } from '../../src/contract/encode.ts';
import { Submitter } from '../../src/delivery/submitter.ts';
import type { OpenExpectation } from '../../src/delivery/wait/expectation.ts';
import { Lingering } from '../../src/delivery/wait/lingering.ts';
import type { Progress } from '../../src/delivery/wait/outcome.ts';
import { prepareTask } from '../../src/submit/task-draft.ts';
import { createFakeClock, createMemoryBus, type FakeClock } from '../../src/testing.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { completed, type Handle, hanging, sources, startRouter, startWorker } from '../submit/actors.ts';

// What waiting does as time goes by: on a clock of the test's own, over a bus in this process.

noLeaks();

const expectation = (id: string): OpenExpectation => ({ id }) as OpenExpectation;

function lingering(ms: number) {
  const clock = createFakeClock();
  const released: string[] = [];
  return { clock, released, tasks: new Lingering(ms, (subject) => released.push(subject), clock) };
}

test('lingering: each goes when its own time is over, and one timer is enough for all', async () => {
  const { clock, released, tasks } = lingering(200);
  for (const id of ['a', 'b', 'c']) {
    tasks.add(id, `subject of ${id}`, expectation(id));
    await clock.advance(50);
  }
  assert.equal(clock.waiting, 1);
  await clock.advance(49);
  assert.deepEqual([released, tasks.get('a')?.id], [[], 'a']);
  await clock.advance(1);
  assert.deepEqual([released, tasks.get('a'), tasks.get('b')?.id], [['subject of a'], undefined, 'b']);
  let over = false;
  void tasks.over().then(() => {
    over = true;
  });
  await clock.advance(99);
  assert.deepEqual([released.length, over], [2, false]);
  await clock.advance(1);
  assert.deepEqual([released.length, over, clock.waiting], [3, true, 0]);
});

test('lingering: who comes again begins anew; with no time at all nobody stays', async () => {
  const { clock, released, tasks } = lingering(100);
  tasks.add('a', 's', expectation('a'));
  await clock.advance(60);
  tasks.add('a', 's', expectation('a'));
  assert.deepEqual(released, ['s'], 'the place that it had before is given back');
  await clock.advance(60);
  assert.equal(tasks.get('a')?.id, 'a');
  await clock.advance(40);
  assert.deepEqual([released, clock.waiting], [['s', 's'], 0]);
  const short = lingering(0);
  short.tasks.add('a', 's', expectation('a'));
  assert.deepEqual([short.released, short.clock.waiting], [['s'], 0]);
});

test('lingering: cleared, all places are given back and nothing is waited for', async () => {
  const { clock, released, tasks } = lingering(100);
  tasks.add('a', 's', expectation('a'));
  tasks.add('b', 't', expectation('b'));
  const over = tasks.over();
  tasks.clear();
  await over;
  assert.deepEqual([released, clock.waiting], [['s', 't'], 0]);
});

async function busWith(t: TestContext, handle: Handle): Promise<{ clock: FakeClock; client: Transport }> {
  const clock = createFakeClock();
  const bus = createMemoryBus({ clock });
  t.after(() => bus.close());
  await startRouter(await bus.connect());
  await startWorker(await bus.connect(), handle);
  return { clock, client: await bus.connect() };
}

const task = () => prepareTask({ workerType: 'echo', payload: {}, parentId: 'p' }, sources);

test('a wait ends when its time is over, and not before; what it tells is to the millisecond', async (t) => {
  const begins: Handle = (task, message) => [
    { ...completed(task, {}), status: 'processing' },
    ...hanging(task, message),
  ];
  const { clock, client } = await busWith(t, begins);
  const submitter = new Submitter(client, { clock });
  const { receipt, outcome } = await submitter.start(task(), { timeoutMs: 3_600_000 });
  assert.equal(receipt.heard, 'yes');
  await clock.advance(3_599_999);
  assert.equal(submitter.waiting, 1);
  await clock.advance(1);
  const end = await outcome;
  assert.ok(end.kind === 'timeout', end.kind);
  assert.deepEqual([end.timeoutMs, end.elapsedMs], [3_600_000, 3_600_000]);
  assert.match(end.lastSeen ?? '', /^status "processing" after [\d.]+ ms$/);
  submitter.close();
  assert.equal(clock.waiting, 0);
});

test('a second answer is noticed for as long as was asked, with the time since the task was sent', async (t) => {
  const later: (() => void)[] = [];
  const { clock, client } = await busWith(t, (task) => {
    const again = (): void =>
      client.publish(`heddle.results.${task.parent_task_id}`, encodeMessage(completed(task, { again: true })));
    later.push(again);
    return [completed(task, {})];
  });
  const seen: Progress[] = [];
  const submitter = new Submitter(client, { clock, lingerMs: 5_000 });
  const { outcome } = await submitter.start(task(), {
    timeoutMs: 60_000,
    onProgress: (progress) => seen.push(progress),
  });
  assert.equal((await outcome).kind, 'completed');
  const lingered = submitter.lingered();
  await clock.advance(4_000);
  later[0]?.();
  await clock.advance(999);
  assert.deepEqual(
    seen.map(({ kind, atMs }) => [kind, atMs]),
    [['duplicate', 4_000]],
  );
  await clock.advance(1);
  await lingered;
  later[0]?.();
  await clock.advance(10);
  assert.equal(seen.length, 1);
  submitter.close();
});

/** What a worker was given, to be answered when the test says so. */
function byHand(client: () => Transport) {
  const given: (() => void)[] = [];
  const handle: Handle = (task) => {
    given.push(() => client().publish(`heddle.results.${task.parent_task_id}`, encodeMessage(completed(task, {}))));
    return [];
  };
  return { given, handle };
}

test('an answer that comes when nobody waits for it any more is late, and no second one', async (t) => {
  const { given, handle } = byHand(() => client);
  const { clock, client } = await busWith(t, handle);
  const seen: string[] = [];
  const submitter = new Submitter(client, { clock, lingerMs: 5_000 });
  const { outcome } = await submitter.start(task(), { timeoutMs: 1_000, onProgress: ({ kind }) => seen.push(kind) });
  await clock.advance(1_000);
  assert.equal((await outcome).kind, 'timeout');
  given[0]?.();
  await clock.advance(10);
  assert.deepEqual(seen, ['late']);
  given[0]?.();
  await clock.advance(10);
  assert.deepEqual(seen, ['late', 'duplicate'], 'that one was not due');
  submitter.close();
});

test('sent again under its id when the first wait was over: two answers are due, a third is one too many', async (t) => {
  const { given, handle } = byHand(() => client);
  const { clock, client } = await busWith(t, handle);
  const seen: string[] = [];
  const submitter = new Submitter(client, { clock, lingerMs: 5_000 });
  const prepared = task();
  const options = { timeoutMs: 1_000, onProgress: ({ kind }: Progress) => seen.push(kind) };
  const first = await submitter.start(prepared, options);
  await clock.advance(1_000);
  assert.equal((await first.outcome).kind, 'timeout');
  const second = await submitter.start(prepared, options);
  await clock.advance(10);
  // One worker, slow and then done with both.
  given[0]?.();
  given[1]?.();
  await clock.advance(10);
  assert.equal((await second.outcome).kind, 'completed');
  assert.deepEqual(seen, ['late']);
  given[1]?.();
  await clock.advance(10);
  assert.deepEqual(seen, ['late', 'duplicate']);
  submitter.close();
});

test('what the worker says of its progress after the answer is no second answer', async (t) => {
  const { clock, client } = await busWith(t, (task) => [
    completed(task, {}),
    { ...completed(task, {}), status: 'processing' },
  ]);
  const seen: string[] = [];
  const submitter = new Submitter(client, { clock });
  const { outcome } = await submitter.start(task(), { timeoutMs: 1_000, onProgress: ({ kind }) => seen.push(kind) });
  assert.equal((await outcome).kind, 'completed');
  await clock.advance(50);
  assert.deepEqual(seen, []);
  submitter.close();
});
