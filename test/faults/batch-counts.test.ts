import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { itemReader } from '../../src/submit/batch/item.ts';
import { Latencies } from '../../src/submit/batch/latencies.ts';
import type { Line } from '../../src/submit/batch/lines.ts';
import { paced } from '../../src/submit/batch/pace.ts';
import type { BatchReport } from '../../src/submit/batch/report.ts';
import { type RunOptions, runAll } from '../../src/submit/batch/run-all.ts';
import { sendAll } from '../../src/submit/batch/send-all.ts';
import { emptyTally, endedOf, type Tally } from '../../src/submit/batch/tally.ts';
import { systemClock } from '../../src/time/clock.ts';
import { connect } from '../../src/transport/nats.ts';
import { dice, pick } from '../helpers/dice.ts';
import { startCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { busFor, echo, sources, startRouter, startWorker } from '../submit/actors.ts';
import { rounds } from './rounds.ts';

// Whatever happens to a batch, its counts add up.

noLeaks();

function addsUp(tally: Tally, waited: boolean, what: string): void {
  const { published, sent, uncertain, unheard, open } = tally;
  assert.equal(sent + uncertain, published, `${what}: ${JSON.stringify(tally)}`);
  if (waited) assert.equal(endedOf(tally) + unheard + open + uncertain, published, `${what}: ${JSON.stringify(tally)}`);
}

const ROUNDS = rounds(20);
const FAULTS = ['signal', 'signal', 'signal', 'broken connection', 'both', 'stopped server'] as const;

test(`${ROUNDS} batches that are interrupted, cut off or kept waiting`, async (t) => {
  const chance = dice(11);
  const ends = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    await t.test(`round ${round}`, async (t) => {
      const waited = chance() < 0.6;
      const fault = pick(chance, FAULTS);
      const what = `round ${round}, ${fault}, ${waited ? 'with' : 'without'} answers`;
      const { counts, stopped } = await oneBatch(t, chance, waited, fault);
      addsUp(counts, waited, what);
      ends.set(stopped, (ends.get(stopped) ?? 0) + 1);
    });
  }
  t.diagnostic([...ends].map(([stopped, count]) => `${count} ${stopped}`).join(', '));
  assert.ok((ends.get('interrupted') ?? 0) > ROUNDS / 4, 'the signals came too late to matter');
});

async function oneBatch(
  t: TestContext,
  chance: () => number,
  waited: boolean,
  fault: (typeof FAULTS)[number],
): Promise<BatchReport> {
  const bus = await busFor(t);
  await startRouter(await bus.connect('router', { reconnect: true }));
  await startWorker(await bus.connect('worker', { reconnect: true }), (task, message) =>
    chance() < 0.02 ? [] : echo(task, message),
  );
  const how = waited ? ['--wait', '300ms', '--linger', '0', '--concurrency', '32'] : ['--allow-unheard'];
  const argv = ['submit', 'echo', '--count', '20000', '--set', 'a=b', '-o', 'json', ...how];
  const { io, exit } = startCli(argv, { env: { NATS_URL: bus.url } });
  // A signal before the batch began has nothing to count.
  const hasBegun = (): boolean =>
    bus.broker.connections().some(({ name, in_msgs }) => name === 'heddle-ts submit' && in_msgs > 0);
  while (!hasBegun()) await pause(1);
  await pause(chance() * 60);
  if (fault === 'stopped server') bus.broker.pause();
  if (fault === 'broken connection' || fault === 'both') bus.broker.dropConnections();
  if (fault !== 'broken connection') {
    await pause(chance() * 10);
    io.signal('SIGINT');
  } else {
    await pause(400 + chance() * 100);
    io.signal('SIGTERM');
  }
  await exit;
  const last = io.out().trim().split('\n').at(-1) ?? '';
  const summary = JSON.parse(last) as BatchReport & { type: string };
  assert.equal(summary.type, 'summary', `${last}\n${io.err()}`);
  return summary;
}

test('a server that stands still for five seconds is no lost connection', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const server = await natsServerFor(t);
  const client = async () => {
    const transport = await connect({ servers: [server.url], reconnect: true });
    t.after(() => transport.close());
    return transport;
  };
  await startRouter(await client());
  await startWorker(await client(), echo);
  const transport = await client();
  const news: string[] = [];
  transport.onEvent(({ kind }) => news.push(kind));
  async function* lines(count: number): AsyncGenerator<Line[]> {
    yield Array.from({ length: count }, (_, at) => ({ number: at + 1, text: '{}' }));
  }
  const batch = (count: number, perSecond: number) => ({
    transport,
    clock: systemClock,
    lines: lines(count),
    read: itemReader({ lines: 'payload', draft: { workerType: 'echo', parentId: 'p' }, direct: false }, sources),
    onError: 'stop' as const,
    onProblem: () => {},
    allowUnheard: false,
    pace: paced(perSecond, systemClock),
    patienceMs: 1_000,
    signal: new AbortController().signal,
    tally: emptyTally(),
  });
  const sending = batch(2_100, 300);
  // Each gives up after two seconds, and no longer knows then whether the server has it.
  const answering: RunOptions = {
    ...batch(1_050, 150),
    concurrency: 64,
    timeoutMs: 2_000,
    lingerMs: 0,
    onOutcome: () => {},
    onDuplicate: () => {},
    onDeaf: () => {},
    latencies: new Latencies(),
  };
  const freezing = pause(700).then(async () => {
    server.freeze();
    await pause(5_000);
    server.thaw();
  });
  const [sent, answered] = await Promise.all([sendAll({ ...sending, onLost: 'report' }), runAll(answering), freezing]);
  for (const [end, { tally }, waited, count] of [
    [sent, sending, false, 2_100],
    [answered, answering, true, 1_050],
  ] as const) {
    assert.equal(end.stopped, 'end_of_input', end.error?.message);
    assert.deepEqual([tally.published, tally.sent, tally.uncertain], [count, count, 0]);
    addsUp(tally, waited, String(waited));
  }
  assert.ok(answering.tally.timed_out >= 64, `${answering.tally.timed_out} were given up`);
  assert.deepEqual(news, []);
});
