import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Transport } from '../../src/transport/transport.ts';
import { BUSES } from '../helpers/buses.ts';
import { type Gathering, gather } from '../helpers/gather.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { type RunningProgram, startProgram } from '../helpers/program.ts';
import { inProject } from '../helpers/root.ts';
import { until } from './start.ts';

noLeaks();

const CONFIG = inProject('test', 'worker', 'echo.yaml');
const SLOW = inProject('test', 'worker', 'handlers', 'slow.mjs');

/** Tasks without end, some every few milliseconds. */
function load(client: Transport): { sent: Set<string>; stop(): void } {
  const sent = new Set<string>();
  let count = 0;
  const timer = setInterval(() => {
    for (let each = 0; each < 3; each += 1) {
      count += 1;
      const id = `t${count}`;
      try {
        client.publish(
          'heddle.tasks.incoming',
          JSON.stringify({ task_id: id, worker_type: 'echo', model_tier: 'local', payload: { count } }),
        );
        sent.add(id);
      } catch {
        // While the bus is away, nothing is sent.
      }
    }
  }, 4);
  return { sent, stop: () => clearInterval(timer) };
}

const of = (program: RunningProgram, ...events: string[]): string[] =>
  program
    .lines()
    .filter(({ event }) => events.includes(String(event)))
    .map(({ task_id }) => String(task_id));
const idsOf = (results: Gathering): string[] => results.json().map(({ task_id }) => String(task_id));
const REPORTS = ['result_unconfirmed', 'result_unsent', 'result_unheard'];

// Side by side: most of the time of these tests is waiting for processes to start and for reconnects.
describe('hard times', { concurrency: BUSES.length }, () => {
  for (const bus of BUSES) describe(`over ${bus.name}`, { skip: bus.skip }, () => suite(bus));
});

function suite(bus: (typeof BUSES)[number]): void {
  test('kill -9 and SIGTERM of workers under load', async (t) => {
    const { url, connect } = await bus.start(t);
    const argv = [
      'worker',
      '--config',
      CONFIG,
      '--handler',
      SLOW,
      '--nats-url',
      url,
      '-o',
      'ndjson',
      '-v',
      '--grace',
      '20s',
    ];
    startProgram(t, ['router', '--nats-url', url]);
    const [killed, ended, third] = [startProgram(t, argv), startProgram(t, argv), startProgram(t, argv)];
    await Promise.all([killed, ended, third].map((worker) => worker.seen(/worker_started/)));
    const client = await connect();
    const results = await gather(client, 'heddle.results.default');
    const tasks = load(client);
    t.after(tasks.stop);
    await results.count(60);
    killed.kill('SIGKILL');
    const after = results.messages.length;
    await results.count(after + 60);
    ended.kill('SIGTERM');
    assert.equal(await ended.ended, 0, ended.stdout().slice(-500));
    const last = results.messages.length;
    await results.count(last + 60);
    tasks.stop();
    third.kill('SIGTERM');
    assert.equal(await third.ended, 0);
    await client.flush();

    const seen = idsOf(results);
    assert.equal(new Set(seen).size, seen.length, 'no task has two results');
    for (const worker of [ended, third]) {
      const taken = of(worker, 'task_taken');
      assert.deepEqual(
        taken.filter((id) => !seen.includes(id)),
        [],
        'what a worker took it answered',
      );
      assert.deepEqual(of(worker, ...REPORTS), []);
    }
    // What the killed one had begun is the most that has no answer, with what was on its way to it.
    const known = new Set([ended, third, killed].flatMap((worker) => of(worker, 'task_taken')));
    const silent = [...known].filter((id) => !seen.includes(id));
    assert.ok(
      silent.every((id) => of(killed, 'task_taken').includes(id)),
      'and only the killed one left any',
    );
    assert.ok(silent.length <= 1, `one at a time: ${silent.length}`);
  });

  test('the bus is killed and started again under load', async (t) => {
    const { url, connect, restart } = await bus.start(t);
    const argv = ['worker', '--config', CONFIG, '--handler', SLOW, '--nats-url', url, '-o', 'ndjson', '-v'];
    const router = startProgram(t, ['router', '--nats-url', url]);
    const workers = [startProgram(t, argv), startProgram(t, argv)];
    await Promise.all([router.seen(/router on/), ...workers.map((worker) => worker.seen(/worker_started/))]);
    const client = await connect({ reconnect: true });
    const results = await gather(client, 'heddle.results.default');
    const tasks = load(client);
    t.after(tasks.stop);
    await results.count(60);
    const before = results.messages.length;
    await restart();
    const from = performance.now();
    await Promise.all([router, ...workers].map((each) => each.seen(/bus_reconnected|connected again/)));
    const fresh = new Set(tasks.sent);
    await results.find(({ text }) => !fresh.has(String((JSON.parse(text) as { task_id: string }).task_id)));
    t.diagnostic(`tasks flow again ${Math.round(performance.now() - from)} ms after the restart`);
    await results.count(before + 60);
    tasks.stop();
    await until('all is worked off', () =>
      workers.every((each) => of(each, 'task_taken').length === of(each, 'task_done').length),
    );
    for (const worker of workers) worker.kill('SIGTERM');
    assert.deepEqual(await Promise.all(workers.map((each) => each.ended)), [0, 0]);
    await client.rtt();

    const seen = idsOf(results);
    assert.equal(new Set(seen).size, seen.length, 'no task has two results');
    const reported = workers.flatMap((each) => of(each, ...REPORTS));
    const open = workers
      .flatMap((each) => of(each, 'task_taken'))
      .filter((id) => !seen.includes(id) && !reported.includes(id));
    assert.deepEqual(open, [], 'each task that was taken has its result, or a report');
  });
}
