import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { BatchReport } from '../../src/submit/batch/report.ts';
import { dice } from '../helpers/dice.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { startProgram } from '../helpers/program.ts';
import { type Bus, busFor, startWorker } from '../submit/actors.ts';
import { rounds } from './rounds.ts';

// A batch with a journal that is killed again and again, as no program can prevent.

noLeaks();

const KILLS = rounds(5);
const PER_SECOND = 2_000;

interface Arrival {
  readonly times: number;
  readonly ids: ReadonlySet<string>;
}

/** Who hears every task, and counts by the line that it was made of. */
async function counting(bus: Bus): Promise<{ arrivals: Map<number, Arrival>; settled: () => Promise<void> }> {
  const arrivals = new Map<number, Arrival>();
  const listener = await bus.connect();
  listener.subscribe('heddle.tasks.incoming', ({ data }) => {
    const { task_id: id, payload } = JSON.parse(Buffer.from(data).toString()) as {
      task_id: string;
      payload: { n: number };
    };
    const { times, ids } = arrivals.get(payload.n) ?? { times: 0, ids: new Set<string>() };
    arrivals.set(payload.n, { times: times + 1, ids: new Set([...ids, id]) });
  });
  await listener.flush();
  return { arrivals, settled: () => listener.flush() };
}

function input(t: TestContext, count: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-killed-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const lines = Array.from({ length: count }, (_, at) => `{"n":${at + 1}}\n`);
  writeFileSync(join(folder, 'tasks.ndjson'), lines.join(''));
  return folder;
}

const ARGV = ['submit', 'echo', '--jsonl', 'tasks.ndjson', '--journal', 'done', '-o', 'json'];

async function run(t: TestContext, bus: Bus, cwd: string, ...more: string[]) {
  const program = startProgram(t, [...ARGV, ...more], { cwd, env: { NATS_URL: bus.url } });
  const code = await program.ended;
  return { code, summary: program.lines().at(-1) as unknown as BatchReport };
}

test(`killed ${KILLS} times at ${PER_SECOND}/s: nothing is left out, nothing is sent twice that is not named`, async (t) => {
  const count = KILLS * 1_000;
  const bus = await busFor(t);
  const cwd = input(t, count);
  const { arrivals, settled } = await counting(bus);
  const chance = dice(2026);
  for (let kill = 0; kill < KILLS; kill += 1) {
    const before = arrivals.size;
    const program = startProgram(t, [...ARGV, '--rate', `${PER_SECOND}/s`], { cwd, env: { NATS_URL: bus.url } });
    while (arrivals.size === before) await pause(2);
    await pause(30 + chance() * 200);
    program.kill('SIGKILL');
    assert.equal(await program.ended, 'SIGKILL');
  }
  const { code, summary } = await run(t, bus, cwd);
  await settled();
  const doubts = new Map(summary.in_doubt.map(({ line, task_id }) => [line, task_id]));
  assert.equal(code, doubts.size === 0 ? 0 : 1);
  assert.equal(summary.counts.in_doubt, doubts.size);
  assert.ok(doubts.size <= KILLS * 60, `${doubts.size} lines are in doubt after ${KILLS} kills`);
  for (let line = 1; line <= count; line += 1) {
    const times = arrivals.get(line)?.times ?? 0;
    if (doubts.has(line)) assert.ok(times <= 1, `line ${line} was in doubt and came ${times} times`);
    else assert.equal(times, 1, `line ${line}`);
  }
  t.diagnostic(
    `${doubts.size} in doubt, of which ${[...doubts.keys()].filter((line) => arrivals.has(line)).length} had come`,
  );

  const again = await run(t, bus, cwd, '--resend-uncertain');
  await settled();
  assert.deepEqual([again.code, again.summary.counts.sent, again.summary.counts.in_doubt], [0, doubts.size, 0]);
  for (let line = 1; line <= count; line += 1) {
    const { times = 0, ids = new Set() } = arrivals.get(line) ?? {};
    const most = doubts.has(line) ? 2 : 1;
    assert.ok(times >= 1 && times <= most, `line ${line} came ${times} times`);
    // A receiver can tell.
    assert.equal(ids.size, 1, `line ${line} came under ${ids.size} ids`);
    if (doubts.has(line)) assert.deepEqual([...ids], [doubts.get(line)]);
  }
});

test('killed while answers are awaited: what was under way is in doubt, and nothing else is done again', async (t) => {
  const bus = await busFor(t);
  const cwd = input(t, 60);
  const worked = new Map<number, number>();
  await startWorker(await bus.connect(), (task) => {
    const { n } = task.payload as { n: number };
    worked.set(n, (worked.get(n) ?? 0) + 1);
    return n % 10 === 0 && n <= 40 && worked.get(n) === 1
      ? []
      : [{ task_id: task.task_id, worker_type: 'echo', status: 'completed' }];
  });
  const flags = ['--direct', '--wait', '--concurrency', '4', '--linger', '0'];
  const program = startProgram(t, [...ARGV, ...flags], { cwd, env: { NATS_URL: bus.url } });
  // The four that nobody answers.
  while (!worked.has(40)) await pause(5);
  await pause(300);
  program.kill('SIGKILL');
  await program.ended;
  const after = await run(t, bus, cwd, ...flags);
  assert.deepEqual(
    [after.code, after.summary.in_doubt.map(({ line }) => line), after.summary.counts.skipped],
    [1, [10, 20, 30, 40], 36],
  );
  assert.equal(worked.get(10), 1);
});
