import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openDirectoryHome } from '../../src/deadletter/directory-home.ts';
import type { Letter } from '../../src/deadletter/letter.ts';
import { originalIn } from '../../src/deadletter/original.ts';
import { type Coverage, scan } from '../../src/deadletter/scan.ts';
import { systemClock } from '../../src/time/clock.ts';
import { BUSES } from '../helpers/buses.ts';
import { dice } from '../helpers/dice.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { startProgram } from '../helpers/program.ts';
import { failedResult, refusal, task } from './bus.ts';

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
      bus.publish('heddle.tasks.dead_letter', refusal(`t-${round}-${String(n).padStart(6, '0')}`));
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
