import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Outcome } from '../../../src/delivery/wait/outcome.ts';
import type { BatchEnd } from '../../../src/submit/batch/batch.ts';
import { itemReader } from '../../../src/submit/batch/item.ts';
import { Journal } from '../../../src/submit/batch/journal.ts';
import { Latencies } from '../../../src/submit/batch/latencies.ts';
import type { Line } from '../../../src/submit/batch/lines.ts';
import { unpaced } from '../../../src/submit/batch/pace.ts';
import { type RunOptions, runAll } from '../../../src/submit/batch/run-all.ts';
import { emptyTally, type Tally } from '../../../src/submit/batch/tally.ts';
import { systemClock } from '../../../src/time/clock.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import {
  busFor,
  completed,
  echo,
  type Handle,
  malformed,
  sources,
  startEchoBus,
  startRouter,
  startWorker,
  subscriptionsOn,
  twice,
} from '../actors.ts';

noLeaks();

async function* oneBlock(count: number, text = (line: number) => `{"line":${line}}`): AsyncGenerator<Line[]> {
  yield Array.from({ length: count }, (_, at) => ({ number: at + 1, text: text(at + 1) }));
}

interface Ran {
  readonly end: BatchEnd;
  readonly tally: Tally;
  readonly ends: Map<number, Outcome>;
  readonly latencies: Latencies;
}

async function run(transport: Transport, lines: RunOptions['lines'], more: Partial<RunOptions> = {}): Promise<Ran> {
  const tally = emptyTally();
  const ends = new Map<number, Outcome>();
  const latencies = new Latencies();
  const end = await runAll({
    transport,
    clock: systemClock,
    lines,
    read: itemReader(
      { lines: 'auto', draft: { workerType: 'echo', parentId: sources.uuid() }, direct: false },
      sources,
    ),
    onError: 'stop',
    onProblem: () => {},
    allowUnheard: false,
    pace: unpaced(),
    patienceMs: 20_000,
    signal: new AbortController().signal,
    tally,
    concurrency: 16,
    timeoutMs: 20_000,
    lingerMs: 20,
    onOutcome: (item, outcome) => void ends.set(item.line, outcome),
    onDuplicate: () => {},
    onDeaf: () => {},
    latencies,
    ...more,
  });
  return { end, tally, ends, latencies };
}

test('each line gets its own answer, and no more than so many are in flight', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect());
  const waiting: (() => void)[] = [];
  let most = 0;
  const worker = await bus.connect();
  await startWorker(worker, (task) => {
    waiting.push(() =>
      worker.publish(`heddle.results.${task.parent_task_id}`, JSON.stringify(completed(task, task.payload))),
    );
    most = Math.max(most, waiting.length);
    // Answers when all that can come are there, the last first.
    if (waiting.length === 8) for (const release of waiting.splice(0).reverse()) setImmediate(release);
    return [];
  });
  const { end, tally, ends, latencies } = await run(await bus.connect(), oneBlock(160), { concurrency: 8 });
  assert.equal(end.stopped, 'end_of_input');
  assert.deepEqual([tally.sent, tally.completed, tally.open], [160, 160, 0]);
  assert.equal(most, 8);
  for (let line = 1; line <= 160; line += 1) {
    const outcome = ends.get(line);
    assert.ok(outcome?.kind === 'completed');
    assert.deepEqual(outcome.result.output, { line });
  }
  assert.equal(latencies.summary()?.count, 160);
});

test('2,000 tasks, 500 at a time, leave nothing subscribed', async (t) => {
  const bus = await startEchoBus(t);
  const before = subscriptionsOn(bus);
  const client = await bus.connect();
  const { tally } = await run(client, oneBlock(2000), { concurrency: 500 });
  assert.equal(tally.completed, 2000);
  await client.flush();
  assert.equal(subscriptionsOn(bus), before);
});

test('every kind of end is counted', async (t) => {
  const bus = await busFor(t);
  const router = await bus.connect();
  await startRouter(router);
  const mixed: Handle = (task, message) => {
    const { line } = task.payload as { line: number };
    if (line % 4 === 0) return [{ ...completed(task, {}), status: 'failed', error: 'no' }];
    if (line % 4 === 1) return malformed(task, message);
    if (line % 4 === 2) return [];
    return twice(task, message);
  };
  await startWorker(await bus.connect(), mixed);
  const duplicates: number[] = [];
  const { end, tally } = await run(await bus.connect(), oneBlock(40), {
    timeoutMs: 100,
    lingerMs: 200,
    onDuplicate: (item) => duplicates.push(item.line),
  });
  assert.equal(end.stopped, 'end_of_input');
  assert.deepEqual(
    [tally.completed, tally.failed, tally.malformed_results, tally.timed_out, tally.duplicates],
    [10, 10, 10, 10, 10],
  );
  assert.deepEqual([...duplicates].sort((a, b) => a - b)[0], 3);
});

test('refusals by the router', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect(), { refuse: "rate_limited: tier 'standard' has no available capacity" });
  const { tally } = await run(await bus.connect(), oneBlock(30));
  assert.deepEqual([tally.dead_lettered, tally.completed], [30, 0]);
});

test('nobody listens: one task is lost', async (t) => {
  const bus = await busFor(t);
  const { end, tally } = await run(await bus.connect(), oneBlock(1000));
  assert.equal(end.stopped, 'nobody_listens');
  assert.deepEqual([tally.published, tally.unheard], [1, 1]);
});

test('a malformed line ends the reading; answers to what was sent are still taken', async (t) => {
  const bus = await startEchoBus(t);
  const text = (line: number): string => (line === 21 ? 'oops' : `{"line":${line}}`);
  const { end, tally } = await run(await bus.connect(), oneBlock(100, text));
  assert.equal(end.stopped, 'malformed_line');
  assert.deepEqual([tally.sent, tally.completed, tally.malformed], [20, 20, 1]);
});

test('a line that is refused as it begins ends the reading, and those before it in the same lot are seen through', async (t) => {
  const bus = await startEchoBus(t);
  const ids = ['a', 'b', 'c', 'b', 'd'];
  const text = (line: number): string => JSON.stringify({ worker_type: 'echo', payload: {}, task_id: ids[line - 1] });
  const { end, tally } = await run(await bus.connect(), oneBlock(5, text));
  assert.equal(end.stopped, 'malformed_line');
  assert.deepEqual([tally.published, tally.completed, tally.malformed, tally.uncertain], [3, 3, 1, 0]);
});

test('an interrupt: sent, answered and open are told apart', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect());
  await startWorker(await bus.connect(), (task, message) =>
    (task.payload as { line: number }).line <= 10 ? echo(task, message) : [],
  );
  const stop = new AbortController();
  const ends: number[] = [];
  const { end, tally } = await run(await bus.connect(), oneBlock(100), {
    signal: stop.signal,
    concurrency: 5,
    onOutcome: (item) => {
      ends.push(item.line);
      if (ends.length === 10) setTimeout(() => stop.abort(new Error('SIGINT')), 50);
    },
  });
  assert.equal(end.stopped, 'interrupted');
  assert.deepEqual([tally.completed, tally.open, tally.sent], [10, 5, 15]);
});

test('a reader that is slow holds the batch back', async (t) => {
  const bus = await startEchoBus(t);
  let release: () => void = () => {};
  const { tally } = await run(await bus.connect(), oneBlock(40), {
    concurrency: 4,
    onOutcome: (item) => {
      if (item.line !== 1) return undefined;
      return new Promise<void>((resolve) => {
        release = resolve;
        // Only the three other places are left; nothing is lost meanwhile.
        setTimeout(() => release(), 100);
      });
    },
  });
  assert.equal(tally.completed, 40);
});

test('a journal leaves out what was answered; the failed ones by its rule', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-batch-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const bus = await busFor(t);
  await startRouter(await bus.connect());
  let worked = 0;
  await startWorker(await bus.connect(), (task, message) => {
    worked += 1;
    const { line } = task.payload as { line: number };
    if (line === 1) return [];
    return line === 2 ? [{ ...completed(task, {}), status: 'failed', error: 'no' }] : echo(task, message);
  });
  const client = await bus.connect();
  const expected: readonly [rule: 'answered' | 'completed', worked: number][] = [
    ['answered', 10],
    // the one that was never answered
    ['answered', 1],
    // that one, and the failed one
    ['completed', 2],
  ];
  for (const [rule, want] of expected) {
    worked = 0;
    const journal = await Journal.open(join(folder, 'journal'), rule);
    await run(client, oneBlock(10), { journal, timeoutMs: 100 });
    await journal.close();
    assert.equal(worked, want, rule);
  }
});

test('the connection breaks in the middle: every line ends as answered, or as unknown', async (t) => {
  const bus = await busFor(t);
  const rest = { reconnect: true };
  await startRouter(await bus.connect('router', rest));
  await startWorker(await bus.connect('worker', rest), echo);
  const client = await bus.connect('client', rest);
  let count = 0;
  const { end, tally } = await run(client, oneBlock(400), {
    concurrency: 8,
    timeoutMs: 3000,
    // The router may come back later than we do.
    allowUnheard: true,
    onOutcome: () => {
      count += 1;
      if (count === 100) bus.broker.dropConnections();
    },
  });
  assert.equal(end.stopped, 'end_of_input', end.error?.message);
  assert.equal(tally.completed + tally.timed_out + tally.unheard + tally.uncertain, 400);
  assert.ok(tally.completed >= 380, `${tally.completed} completed`);
  assert.ok(tally.sent + tally.uncertain === 400, `${tally.sent} sent, ${tally.uncertain} uncertain`);
});
