import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adviceText } from '../../src/cli/remedies.ts';
import { prepareGoal } from '../../src/submit/goal-draft.ts';
import { prepareTask } from '../../src/submit/task-draft.ts';
import { type Trace, type TraceOptions, traceSubmission } from '../../src/submit/trace/trace.ts';
import { readTopology } from '../../src/topology/read-topology.ts';
import { noLeaks } from '../helpers/leaks.ts';
import {
  type Bus,
  busFor,
  echo,
  failing,
  hanging,
  malformed,
  sources,
  startEchoBus,
  startPipeline,
  startRouter,
  startWorker,
  subscriptionsOn,
  twice,
} from './actors.ts';

noLeaks();

async function traceOn(bus: Bus, options: Partial<TraceOptions> = {}, more = {}): Promise<Trace> {
  const client = await bus.connect('heddle-ts submit');
  const task = prepareTask({ workerType: 'echo', payload: {}, parentId: sources.uuid(), ...more }, sources);
  const traced = await traceSubmission(client, task, {
    timeoutMs: 10_000,
    lingerMs: 20,
    quietMs: 30,
    readMap: () => readTopology(client),
    ...options,
  });
  await client.flush();
  return traced;
}

const kinds = (traced: Trace): string[] => traced.hops.map((hop) => hop.kind);

test('every hop, in order, with its time', async (t) => {
  const bus = await startEchoBus(t);
  const before = subscriptionsOn(bus);
  // On a busy machine the usual quiet passes, and the look at the map that follows opens an inbox, which stays.
  const traced = await traceOn(bus, { quietMs: 10_000 });
  assert.deepEqual(kinds(traced), ['published', 'routed', 'result']);
  assert.deepEqual(
    traced.hops.map((hop) => hop.subject),
    ['heddle.tasks.incoming', 'heddle.tasks.echo.standard', traced.receipt.result_subject],
  );
  const times = traced.hops.map((hop) => hop.at_ms);
  assert.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  );
  assert.equal(traced.receipt.heard, 'yes');
  assert.equal(traced.missing, undefined);
  assert.equal(traced.outcome.kind, 'completed');
  assert.equal(subscriptionsOn(bus), before, 'nothing stays subscribed');
});

test('an override of the tier is shown', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect(), { overrides: { echo: 'local' } });
  await startWorker(await bus.connect(), echo, { tier: 'local' });
  const routed = (await traceOn(bus)).hops[1];
  assert.equal(routed?.subject, 'heddle.tasks.echo.local');
  assert.match(routed?.detail ?? '', /standard became local/);
});

test('looking on does not hide that nobody listens', async (t) => {
  const traced = await traceOn(await busFor(t));
  assert.equal(traced.receipt.heard, 'no');
  assert.equal(traced.outcome.kind, 'unheard');
  assert.deepEqual(kinds(traced), ['published']);
  const direct = await traceOn(await busFor(t), {}, { direct: true });
  assert.equal(direct.outcome.kind, 'unheard');
});

test('routed where nobody listens: found out early, with the evidence', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect('router'), { overrides: { echo: 'local' } });
  await startWorker(await bus.connect('worker'), echo, { tier: 'standard' });
  const { missing, hops } = await traceOn(bus, { timeoutMs: 60_000 });
  assert.equal(hops.length, 2);
  assert.match(missing?.problem ?? '', /^routed to heddle\.tasks\.echo\.local at [\d.]+ ms; nobody listens there$/);
  assert.deepEqual(missing?.evidence, ['the worker listens on heddle.tasks.echo.standard']);
  assert.equal(missing?.final, true);
});

test('no worker at all: the remedy starts one', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect('router'));
  const { missing } = await traceOn(bus, { timeoutMs: 60_000 });
  assert.match(adviceText(missing ?? {}) ?? '', /heddle-ts worker/);
});

test('a worker that hangs: it listens, and did not answer', async (t) => {
  const { missing, outcome } = await traceOn(await startEchoBus(t, hanging), { timeoutMs: 150 });
  assert.equal(outcome.kind, 'timeout');
  assert.equal(missing?.hop, 'result');
  assert.match(missing?.problem ?? '', /a worker listens there and did not answer yet/);
  assert.match(missing?.evidence.join() ?? '', /"worker"/);
  assert.equal(missing?.final, false);
});

test('who said "processing" has the task: nothing is given up, whoever listens', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect());
  const worker = await bus.connect();
  const subscription = worker.subscribe('heddle.tasks.echo.standard', (message) => {
    const { task_id, parent_task_id } = JSON.parse(Buffer.from(message.data).toString()) as Record<string, string>;
    const result = { task_id, worker_type: 'echo', status: 'processing', output: null };
    worker.publish(`heddle.results.${parent_task_id}`, JSON.stringify(result));
    subscription.unsubscribe();
  });
  await worker.flush();
  const traced = await traceOn(bus, { timeoutMs: 400 });
  assert.equal(traced.outcome.kind, 'timeout');
  assert.equal(traced.missing?.final, false);
  assert.match(traced.missing?.problem ?? '', /^routed to .*; the worker said "processing" at .* no answer yet$/);
});

test('a second answer is one, whatever it says', async (t) => {
  const bus = await startEchoBus(t, (task, message) => [...echo(task, message), ...failing(task, message)]);
  const traced = await traceOn(bus);
  assert.match(traced.hops.at(-1)?.detail ?? '', /^a second answer: the work was done twice; ./);
});

test('a router that takes and forwards nothing', async (t) => {
  const bus = await busFor(t);
  const router = await bus.connect('dead router');
  router.subscribe('heddle.tasks.incoming', () => {});
  await router.flush();
  const { missing } = await traceOn(bus, { timeoutMs: 150 });
  assert.equal(missing?.hop, 'routing');
  assert.match(missing?.problem ?? '', /a router listens there, and did not pass it on/);
});

test('only a watcher listens: no router, said early', async (t) => {
  const bus = await busFor(t);
  const watcher = await bus.connect('heddle-ts tail');
  watcher.subscribe('heddle.>', () => {});
  await watcher.flush();
  const { missing, receipt } = await traceOn(bus, { timeoutMs: 60_000 });
  assert.equal(receipt.heard, 'yes', 'the server cannot tell a watcher from a router');
  assert.match(missing?.problem ?? '', /no router listens there/);
  assert.match(missing?.evidence.join() ?? '', /only watchers listen there: .*heddle-ts tail/);
});

test('without a map nothing is claimed', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect('router'));
  const { missing } = await traceOn(bus, {
    timeoutMs: 100,
    readMap: async () => ({ known: false, code: 'refused', reason: 'not allowed to ask', hint: '' }),
  });
  assert.equal(missing?.final, false);
  assert.match(missing?.problem ?? '', /no answer came/);
  assert.match(missing?.evidence.join() ?? '', /not allowed to ask/);
});

test('refusals, failures, malformed and second answers are hops', async (t) => {
  const limited = await busFor(t);
  await startRouter(await limited.connect(), { refuse: "rate_limited: tier 'standard' has no available capacity" });
  const refused = await traceOn(limited);
  assert.deepEqual(kinds(refused), ['published', 'dead_letter']);
  assert.match(refused.hops[1]?.detail ?? '', /^rate_limited/);
  assert.equal(refused.missing, undefined);

  const failed = await traceOn(await startEchoBus(t, failing));
  assert.equal(failed.hops.at(-1)?.status, 'failed');
  assert.match(failed.hops.at(-1)?.detail ?? '', /Input validation/);

  const broken = await traceOn(await startEchoBus(t, malformed));
  assert.deepEqual(kinds(broken), ['published', 'routed', 'unreadable']);
  assert.equal(broken.missing, undefined);

  const double = await traceOn(await startEchoBus(t, twice));
  assert.deepEqual(kinds(double), ['published', 'routed', 'result', 'result']);
  assert.match(double.hops.at(-1)?.detail ?? '', /the work was done twice/);
});

test('a task sent straight to its worker', async (t) => {
  const bus = await busFor(t);
  await startWorker(await bus.connect('worker'), echo);
  assert.deepEqual(kinds(await traceOn(bus, {}, { direct: true })), ['published', 'result']);
});

test('a goal: every stage, with its times', async (t) => {
  const bus = await startEchoBus(t);
  await startPipeline(await bus.connect('pipeline'), ['extract', 'summarise', 'publish']);
  const client = await bus.connect('heddle-ts submit');
  const traced = await traceSubmission(client, prepareGoal({ instruction: 'go' }, sources), {
    timeoutMs: 10_000,
    lingerMs: 20,
  });
  assert.deepEqual(kinds(traced), [
    'published',
    ...Array(3).fill(['stage_sent', 'stage_routed', 'stage_result']).flat(),
    'result',
  ]);
  assert.deepEqual(
    traced.stages.map(({ name, status, tier }) => [name, status, tier]),
    ['extract', 'summarise', 'publish'].map((name) => [name, 'completed', 'standard']),
  );
  for (const stage of traced.stages) {
    assert.ok((stage.sent_ms ?? 9e9) <= (stage.routed_ms ?? -1) && (stage.routed_ms ?? 9e9) <= (stage.ended_ms ?? -1));
  }
});

test('a goal that stops at a stage says at which', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect('router'));
  await startPipeline(await bus.connect('pipeline'), ['extract']);
  const client = await bus.connect('heddle-ts submit');
  const traced = await traceSubmission(client, prepareGoal({ instruction: 'go' }, sources), {
    timeoutMs: 150,
    quietMs: 30,
    readMap: () => readTopology(client),
  });
  assert.equal(traced.outcome.kind, 'timeout');
  assert.match(
    traced.missing?.problem ?? '',
    /^the stage for "echo" was routed to heddle\.tasks\.echo\.standard .*nobody listens there$/,
  );
});
