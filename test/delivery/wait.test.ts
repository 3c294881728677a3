import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildResult } from '../../src/contract/build.ts';
import { encodeMessage } from '../../src/contract/encode.ts';
import { Submitter } from '../../src/delivery/submitter.ts';
import type { Outcome, Progress } from '../../src/delivery/wait/outcome.ts';
import { waitForGoal, waitForTask } from '../../src/submit/submit.ts';
import { prepareTask } from '../../src/submit/task-draft.ts';
import { noLeaks } from '../helpers/leaks.ts';
import {
  type Bus,
  busFor,
  completed,
  echo,
  failing,
  type Handle,
  hanging,
  malformed,
  sources,
  startEchoBus,
  startPipeline,
  startRouter,
  startWorker,
  subscriptionsOn,
  twice,
} from '../submit/actors.ts';

noLeaks();
const draft = { workerType: 'echo', payload: { text: 'hi' } };

async function waitOn(
  bus: Bus,
  options: Parameters<typeof waitForTask>[3] = {},
): Promise<{ end: Outcome; seen: Progress[] }> {
  const client = await bus.connect('client');
  const seen: Progress[] = [];
  const end = await waitForTask(client, draft, sources, {
    lingerMs: 20,
    onProgress: (each) => seen.push(each),
    ...options,
  });
  await client.flush();
  return { end, seen };
}

test('completed: the result as it came, and nothing left subscribed', async (t) => {
  const bus = await startEchoBus(t);
  const before = subscriptionsOn(bus);
  const { end } = await waitOn(bus);
  assert.equal(end.kind, 'completed');
  assert.ok(end.kind === 'completed');
  assert.deepEqual(end.result.output, { text: 'hi' });
  assert.equal(JSON.parse(end.text).task_id, end.id);
  assert.equal(subscriptionsOn(bus), before);
});

test('failed: with the error of the worker', async (t) => {
  const { end } = await waitOn(await startEchoBus(t, failing));
  assert.ok(end.kind === 'failed');
  assert.match(end.result.error ?? '', /missing required field/);
});

test('nobody listens: the wait is over at once', async (t) => {
  const { end } = await waitOn(await busFor(t), { timeoutMs: 60_000 });
  assert.equal(end.kind, 'unheard');
});

test('no worker: the wait ends by its time', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect());
  const { end } = await waitOn(bus, { timeoutMs: 50 });
  assert.ok(end.kind === 'timeout');
  assert.equal(end.lastSeen, undefined);
  assert.equal(end.disconnections, 0);
});

test('a hanging worker, after it said that it began', async (t) => {
  const begins: Handle = (task) => [
    { ...completed(task, {}), status: 'processing' },
    ...hanging(task, undefined as never),
  ];
  const { end, seen } = await waitOn(await startEchoBus(t, begins), { timeoutMs: 80 });
  assert.ok(end.kind === 'timeout');
  assert.match(end.lastSeen ?? '', /status "processing"/);
  assert.deepEqual(
    seen.map((each) => each.kind),
    ['status'],
  );
});

test('pending and processing are no end, the result after them is', async (t) => {
  const stepwise: Handle = (task) => [
    { ...completed(task, {}), status: 'pending' },
    { ...completed(task, {}), status: 'processing' },
    ...echo(task, undefined as never),
  ];
  const { end, seen } = await waitOn(await startEchoBus(t, stepwise));
  assert.equal(end.kind, 'completed');
  assert.equal(seen.length, 2);
});

test('a refusal by the router ends the wait; only a rate limit is worth a retry', async (t) => {
  const reasons: readonly [reason: string, retryable: boolean][] = [
    ["rate_limited: tier 'standard' has no available capacity", true],
    ["unknown_tier: 'gpu' is not a valid ModelTier", false],
    ['invalid_task_message: 1 validation error', false],
  ];
  for (const [refuse, retryable] of reasons) {
    const bus = await busFor(t);
    await startRouter(await bus.connect(), { refuse });
    const { end } = await waitOn(bus, { timeoutMs: 30_000 });
    assert.ok(end.kind === 'dead_lettered');
    assert.equal(end.reason, refuse);
    assert.equal(end.retryable, retryable);
  }
});

test("somebody else's refusal ends nothing", async (t) => {
  const bus = await startEchoBus(t, (task, message) => {
    void message;
    return echo(task, message);
  });
  const other = await bus.connect();
  const client = await bus.connect();
  const submitter = new Submitter(client, { lingerMs: 0 });
  const task = prepareTask({ ...draft, parentId: 'p1' }, sources);
  other.publish(
    'heddle.tasks.dead_letter',
    JSON.stringify({ reason: 'x: y', original_task: {}, task_id: 'other', worker_type: 'echo' }),
  );
  other.publish('heddle.tasks.dead_letter', 'not json');
  const { outcome } = await submitter.start(task, { timeoutMs: 10_000 });
  assert.equal((await outcome).kind, 'completed');
  submitter.close();
});

test('malformed answers are reported, not waited through', async (t) => {
  const cases: readonly [name: string, handle: Handle, problem: RegExp][] = [
    ['a fraction where an integer belongs', malformed, /processing_time_ms/],
    ['no status', (task) => [{ task_id: task.task_id, worker_type: 'echo' }], /status/],
    ['not JSON', () => ['oops'], /not JSON/],
    ['cut off', (task) => [encodeMessage(completed(task, {})).slice(0, -3)], /not JSON/],
    ['an array', () => ['[1,2]'], /expected a JSON object/],
  ];
  for (const [name, handle, problem] of cases) {
    const { end } = await waitOn(await startEchoBus(t, handle), { timeoutMs: 30_000 });
    assert.ok(end.kind === 'malformed', `${name}: ${end.kind}`);
    assert.match(end.problem, problem, name);
  }
});

test('a second answer is noticed while it lingers', async (t) => {
  const { end, seen } = await waitOn(await startEchoBus(t, twice));
  assert.ok(end.kind === 'completed');
  assert.deepEqual(end.result.output, { text: 'hi' });
  assert.deepEqual(
    seen.map((each) => each.kind),
    ['duplicate'],
  );
});

test('two routers without a group run the work twice', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect(), { queue: null });
  await startRouter(await bus.connect(), { queue: null });
  await startWorker(await bus.connect(), echo);
  const { seen } = await waitOn(bus, { lingerMs: 200 });
  assert.ok(seen.some((each) => each.kind === 'duplicate'));
});

test('a goal ends at its answer, not at a stage', async (t) => {
  const bus = await startEchoBus(t);
  await startPipeline(await bus.connect('pipeline'), ['extract', 'summarise', 'publish']);
  const client = await bus.connect('client');
  const stages: string[] = [];
  const end = await waitForGoal(client, { instruction: 'go' }, sources, {
    lingerMs: 20,
    onProgress: (each) => stages.push(each.kind),
  });
  assert.ok(end.kind === 'completed');
  assert.equal(end.result.worker_type, 'three_steps');
  assert.deepEqual(end.result.output, {
    extract: { stage: 'extract' },
    summarise: { stage: 'summarise' },
    publish: { stage: 'publish' },
  });
  assert.deepEqual(stages, ['stage', 'stage', 'stage']);
});

test('a refused stage of a goal is news, not the end', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect(), { refuse: "rate_limited: tier 'standard' has no available capacity" });
  await startPipeline(await bus.connect(), ['extract']);
  const seen: Progress[] = [];
  const end = await waitForGoal(await bus.connect(), { instruction: 'go' }, sources, {
    timeoutMs: 100,
    onProgress: (each) => seen.push(each),
  });
  assert.ok(end.kind === 'timeout');
  assert.match(end.lastSeen ?? '', /refused by the router/);
  assert.deepEqual(
    seen.map((each) => each.kind),
    ['stage_refused'],
  );
});

test('1,000 waits at once: each gets its own result, nothing stays subscribed', async (t) => {
  const bus = await startEchoBus(t);
  const before = subscriptionsOn(bus);
  const client = await bus.connect('client');
  const ends = await Promise.all(
    Array.from({ length: 1000 }, (_, at) =>
      waitForTask(client, { workerType: 'echo', payload: { at } }, sources, { lingerMs: 0, timeoutMs: 30_000 }),
    ),
  );
  for (const [at, end] of ends.entries()) {
    assert.ok(end.kind === 'completed', end.kind);
    assert.deepEqual(end.result.output, { at });
  }
  await client.flush();
  assert.equal(subscriptionsOn(bus), before);
});

test('1,000 waits over one submitter and one parent', async (t) => {
  const bus = await startEchoBus(t);
  const client = await bus.connect('client');
  const submitter = new Submitter(client, { lingerMs: 0 });
  const ends = await Promise.all(
    Array.from({ length: 1000 }, async (_, at) => {
      const task = prepareTask({ workerType: 'echo', payload: { at }, parentId: 'shared' }, sources);
      return await (await submitter.start(task, { timeoutMs: 30_000 })).outcome;
    }),
  );
  for (const [at, end] of ends.entries()) assert.deepEqual(end.kind === 'completed' && end.result.output, { at });
  assert.equal(submitter.waiting, 0);
  await client.flush();
  // the router, the worker, and the submitter's own inbox
  assert.equal(subscriptionsOn(bus), 3);
  submitter.close();
  await client.flush();
  assert.equal(subscriptionsOn(bus), 2);
});

test('a submitter that goes on keeps no subscription of a wait that is over', async (t) => {
  const bus = await startEchoBus(t);
  const client = await bus.connect('client');
  const submitter = new Submitter(client, { lingerMs: 20 });
  for (let round = 0; round < 3; round += 1) {
    const task = prepareTask({ ...draft, parentId: `p${round}` }, sources);
    await (await submitter.start(task, { timeoutMs: 10_000 })).outcome;
  }
  await submitter.lingered();
  await client.flush();
  // the router, the worker, and the submitter's own inbox
  assert.equal(subscriptionsOn(bus), 3);
  submitter.close();
});

test('a forbidden result subject is known before anything is sent', async (t) => {
  const users = [
    { user: 'c', password: 'c', permissions: { subscribe: { deny: ['heddle.results.>'] } } },
    { user: 'r', password: 'r' },
  ];
  const bus = await busFor(t, { users });
  const heard: string[] = [];
  const router = await bus.connect('router', { auth: { user: 'r', password: 'r' } });
  router.subscribe('heddle.tasks.incoming', (message) => heard.push(message.subject));
  await router.flush();
  const client = await bus.connect('client', { auth: { user: 'c', password: 'c' } });
  await assert.rejects(waitForTask(client, draft, sources), { code: 'permission_denied' });
  await client.flush();
  await router.flush();
  assert.deepEqual(heard, []);
});

test('a forbidden dead-letter subject is only told', async (t) => {
  const users = [
    { user: 'c', password: 'c', permissions: { subscribe: { deny: ['heddle.tasks.dead_letter'] } } },
    { user: 'r', password: 'r' },
  ];
  const bus = await busFor(t, { users });
  const rest = { auth: { user: 'r', password: 'r' } };
  await startRouter(await bus.connect('router', rest));
  await startWorker(await bus.connect('worker', rest), echo);
  const client = await bus.connect('client', { auth: { user: 'c', password: 'c' } });
  const told: string[] = [];
  const end = await waitForTask(client, draft, sources, { lingerMs: 0, onDeaf: (error) => told.push(error.code) });
  assert.equal(end.kind, 'completed');
  assert.deepEqual(told, ['permission_denied']);
});

test('a reconnect does not end the wait; the answer after it does', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect('router', { reconnect: true }));
  let begun: (release: () => void) => void = () => {};
  const working = new Promise<() => void>((resolve) => {
    begun = resolve;
  });
  const worker = await bus.connect('worker', { reconnect: true });
  await startWorker(worker, (task) => {
    const answer = encodeMessage(buildResult(task, { status: 'completed', output: { late: true } }, sources));
    begun(() => worker.publish(`heddle.results.${task.parent_task_id}`, answer));
    return [];
  });
  const client = await bus.connect('client', { reconnect: true });
  const submitter = new Submitter(client, { lingerMs: 0 });
  const back = Promise.all(
    [client, worker].map(
      (each) =>
        new Promise<void>((resolve) => {
          each.onEvent((event) => event.kind === 'reconnected' && resolve());
        }),
    ),
  );
  const task = prepareTask({ ...draft, parentId: 'p' }, sources);
  const { outcome } = await submitter.start(task, { timeoutMs: 30_000 });
  const release = await working;
  bus.broker.dropConnections();
  await back;
  await client.flush().catch(() => {});
  await client.flush();
  release();
  const end = await outcome;
  assert.ok(end.kind === 'completed', end.kind);
  assert.deepEqual(end.result.output, { late: true });
  submitter.close();
});

test('a connection that is gone for good ends the wait with the reason', async (t) => {
  const bus = await startEchoBus(t, hanging);
  const client = await bus.connect('client');
  const submitter = new Submitter(client);
  const { outcome } = await submitter.start(prepareTask({ ...draft, parentId: 'p' }, sources), { timeoutMs: 30_000 });
  bus.broker.dropConnections();
  const end = await outcome;
  assert.ok(end.kind === 'lost');
  assert.match(end.error.code, /^connection_/);
  submitter.close();
});

test('a signal gives up waiting', async (t) => {
  const bus = await startEchoBus(t, hanging);
  const stop = new AbortController();
  const waiting = waitForTask(await bus.connect(), draft, sources, {
    signal: stop.signal,
    onReceipt: () => stop.abort(new Error('enough')),
  });
  const end = await waiting;
  assert.ok(end.kind === 'lost');
  assert.equal(end.error.message, 'enough');
  await assert.rejects(waitForTask(await bus.connect(), draft, sources, { signal: stop.signal }), /enough/);
});

test('an id is awaited once', async (t) => {
  const bus = await startEchoBus(t, hanging);
  const submitter = new Submitter(await bus.connect());
  const task = prepareTask({ ...draft, taskId: 'same', parentId: 'p' }, sources);
  await submitter.start(task, { timeoutMs: 5000 });
  await assert.rejects(submitter.start(task, { timeoutMs: 5000 }), { code: 'usage' });
  submitter.close();
});
