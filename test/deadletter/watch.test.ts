import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startBroker } from '../../src/broker/broker.ts';
import { originalIn } from '../../src/deadletter/original.ts';
import { type Coverage, scan } from '../../src/deadletter/scan.ts';
import { openDirectoryHome } from '../../src/letters/directory-home.ts';
import type { Letter } from '../../src/letters/letter.ts';
import { systemClock } from '../../src/time/clock.ts';
import { connect } from '../../src/transport/nats.ts';
import { BUSES } from '../helpers/buses.ts';
import { dice } from '../helpers/dice.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { assertKeepsSchema } from '../helpers/output-schema.ts';
import { startProgram } from '../helpers/program.ts';
import { failedResult, keptBus, refusal, SERVERS, task } from './bus.ts';

noLeaks();

const LONG = process.env.HEDDLE_SOAK === '1';

async function lettersIn(path: string): Promise<{ letters: Letter[]; coverage: Coverage }> {
  const home = await openDirectoryHome({ path, clock: systemClock });
  try {
    const { letters, coverage } = await scan(home, { orphanAfterMs: 600_000, now: Date.now() });
    const all: Letter[] = [];
    for await (const letter of letters) all.push(letter);
    return { letters: all, coverage };
  } finally {
    await home.close();
  }
}

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-letters-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

for (const kind of BUSES) {
  test(`over ${kind.name}: refusals, failures, orphans and goals are kept, with the work itself`, {
    skip: kind.skip,
  }, async (t) => {
    const { url, connect } = await kind.start(t);
    const bus = await connect();
    const store = folderFor(t);
    const watch = startProgram(
      t,
      ['dead-letter', 'watch', '--store', store, '--orphan-after', '1s', '--goals', '-o', 'ndjson'],
      { env: { NATS_URL: url } },
    );
    await watch.seen(/keeping failed work/);
    const work = task('t-2', 'ocr', '{"n":9007199254740993,"x":1.0}');
    bus.publish('heddle.tasks.dead_letter', refusal('t-1'));
    bus.publish('heddle.tasks.ocr.standard', work);
    bus.publish('heddle.results.default', failedResult('t-2', 'boom'));
    bus.publish('heddle.tasks.ocr.standard', task('t-3'));
    bus.publish('heddle.tasks.ocr.standard', task('t-4'));
    bus.publish('heddle.results.default', failedResult('t-4', 'x').replace('"failed"', '"completed"'));
    bus.publish('heddle.goals.incoming', '{"goal_id":"g-1","instruction":"do"}');
    bus.publish('heddle.results.g-1', failedResult('g-1', "Stage 'a' timed out", 'pipeline', null));
    bus.publish('heddle.results.default', 'no result');
    await bus.flush();
    await watch.seen(/"orphan"/);
    watch.kill('SIGTERM');
    assert.equal(await watch.ended, 0);
    const { letters } = await lettersIn(store);
    assert.deepEqual(
      letters.map(({ kind: each, workId }) => [each, workId]).sort(),
      [
        ['failed_goal', '"g-1"'],
        ['failed_result', '"t-2"'],
        ['orphan', '"t-3"'],
        ['refusal', '"t-1"'],
        ['unreadable_result', undefined],
      ].sort(),
    );
    const of = (each: string): string | undefined => originalIn(letters.find(({ kind }) => kind === each)!);
    assert.equal(of('failed_result'), work);
    assert.equal(of('failed_goal'), '{"goal_id":"g-1","instruction":"do"}');
    assert.match(of('refusal') ?? '', /^\{"task_id":"t-1"/);
    assert.deepEqual(
      watch
        .lines()
        .map(({ id }) => id)
        .sort(),
      letters.map(({ id }) => id).sort(),
    );
  });
}

test('kill -9 in the middle: all that was acknowledged is there, in order, once; what nobody watched is told', async (t) => {
  const [kind] = BUSES;
  const { url, connect } = await kind!.start(t);
  const bus = await connect();
  const store = folderFor(t);
  const throwDice = dice(LONG ? Date.now() : 20261128);
  const rounds = LONG ? 20 : 3;
  const each = LONG ? 10_000 : 1500;
  const acknowledged: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const watch = startProgram(t, ['dead-letter', 'watch', '--store', store, '-o', 'ndjson'], {
      env: { NATS_URL: url },
    });
    await watch.seen(/keeping failed work/);
    for (let n = 0; n < each; n += 1) {
      bus.publish(
        'heddle.tasks.dead_letter',
        refusal(`t-${String(round).padStart(2, '0')}-${String(n).padStart(6, '0')}`),
      );
      if (n % 100 === 0) await bus.flush();
    }
    await watch.seen(/"t-/);
    await pause(throwDice() * 200);
    watch.kill('SIGKILL');
    await watch.ended;
    const whole = watch.stdout().slice(0, watch.stdout().lastIndexOf('\n'));
    acknowledged.push(
      ...whole
        .split('\n')
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as { task_id: string }).task_id),
    );
  }
  const { letters, coverage } = await lettersIn(store);
  const kept = letters.map(({ workId = '' }) => JSON.parse(workId) as string);
  assert.ok(acknowledged.length > 0);
  assert.deepEqual(kept, [...kept].sort(), 'in order');
  assert.equal(new Set(kept).size, kept.length, 'once');
  const there = new Set(kept);
  assert.deepEqual(
    acknowledged.filter((id) => !there.has(id)),
    [],
    'nothing acknowledged is missing',
  );
  assert.equal(coverage.gaps.filter(({ reason }) => reason === 'not_watching').length, rounds);
});

test('letters of the streams are shown as they come, and a program gets each', {
  skip: SERVERS[0]?.skip ?? false,
}, async (t) => {
  const { server, bus, cli } = await keptBus(t);
  await cli('dead-letter', 'enable');
  bus.publish('heddle.tasks.dead_letter', refusal('before'));
  await bus.flush();
  const program = `${process.execPath} -e "process.stdin.on('data',d=>console.log('got '+JSON.parse(d).task_id))"`;
  const watch = startProgram(t, ['dead-letter', 'watch', '--exec', program, '-o', 'ndjson'], {
    env: { NATS_URL: server.url },
  });
  await watch.seen(/watching nats/);
  for (const id of ['t-1', 't-2']) bus.publish('heddle.tasks.dead_letter', refusal(id));
  bus.publish('heddle.results.default', failedResult('t-3', 'x').replace('"failed"', '"completed"'));
  await bus.flush();
  await watch.seen(/got t-2/);
  watch.kill('SIGTERM');
  assert.equal(await watch.ended, 0);
  const said = watch.stderr().split('\n');
  assert.deepEqual(
    said.filter((line) => line.startsWith('got')),
    ['got t-1', 'got t-2'],
  );
  const lines = watch.stdout().trim().split('\n');
  const letters = lines
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const letter of letters) assertKeepsSchema('dead-letter.list', letter);
  assert.deepEqual(
    letters.map(({ task_id: id }) => id),
    ['t-1', 't-2'],
  );
});

test('a second writer is refused, and readers are not', async (t) => {
  const [kind] = BUSES;
  const { url } = await kind!.start(t);
  const store = folderFor(t);
  const watch = startProgram(t, ['dead-letter', 'watch', '--store', store], { env: { NATS_URL: url } });
  await watch.seen(/keeping failed work/);
  const second = startProgram(t, ['dead-letter', 'watch', '--store', store], { env: { NATS_URL: url } });
  assert.equal(await second.ended, 3);
  assert.deepEqual((await lettersIn(store)).letters, []);
});

test('an outage that nobody saw the end of is a gap, too', async (t) => {
  const broker = await startBroker();
  t.after(() => broker.close());
  const store = folderFor(t);
  const watch = startProgram(t, ['dead-letter', 'watch', '--store', store], { env: { NATS_URL: broker.url } });
  await watch.seen(/keeping failed work/);
  await broker.close();
  await watch.seen(/lost the connection/);
  watch.kill('SIGTERM');
  assert.equal(await watch.ended, 0);
  assert.match(watch.stderr(), /warning: the connection was away; what failed meanwhile is not kept\n/);
  const { coverage } = await lettersIn(store);
  assert.deepEqual(
    coverage.gaps.map(({ reason }) => reason),
    ['not_watching', 'disconnected'],
  );
});

test('a server that restarts ends no watch of its streams', { skip: SERVERS[0]?.skip ?? false }, async (t) => {
  const { server, cli } = await keptBus(t);
  await cli('dead-letter', 'enable');
  const watch = startProgram(t, ['dead-letter', 'watch'], { env: { NATS_URL: server.url } });
  await watch.seen(/watching nats/);
  await server.restart();
  await watch.seen(/connected again/);
  const bus = await connect({ servers: [server.url], timeoutMs: 20_000 });
  t.after(() => bus.close());
  bus.publish('heddle.tasks.dead_letter', refusal('after'));
  await bus.flush();
  await watch.seen(/task after\b/);
  watch.kill('SIGTERM');
  assert.equal(await watch.ended, 0);
});
