import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { BatchReport } from '../../src/submit/batch/report.ts';
import { runCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { startProgram } from '../helpers/program.ts';
import { busFor, echo, startEchoBus, startWorker } from '../submit/actors.ts';

// A batch whose journal cannot be written.

noLeaks();

function folderFor(t: TestContext, lines: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-full-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const text = Array.from({ length: lines }, (_, at) => `{"n":${at + 1}}\n`).join('');
  writeFileSync(join(folder, 'tasks.ndjson'), text);
  return folder;
}

const ARGV = ['submit', 'echo', '--jsonl', 'tasks.ndjson', '-o', 'json'];

function linesOf(ranges: string): number[] {
  return ranges
    .split(', ')
    .filter((each) => each !== '')
    .flatMap((each) => {
      const [from = 0, to = from] = each.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, at) => from + at);
    });
}

test('a journal that takes nothing: nothing is sent', {
  skip: existsSync('/dev/full') ? false : 'there is no /dev/full',
}, async (t) => {
  const bus = await startEchoBus(t);
  const cwd = folderFor(t, 3_000);
  for (const wait of [[], ['--wait', '--linger', '0']]) {
    const argv = [...ARGV, ...wait, '--journal', '/dev/full'];
    const { code, stdout, stderr } = await runCli(argv, { cwd, env: { NATS_URL: bus.url } });
    assert.equal(code, 1, stderr);
    const [summary, error] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)) as [BatchReport, { error: { code: string; message: string } }];
    assert.deepEqual([summary.stopped, summary.counts.published, summary.ok], ['journal', 0, false]);
    assert.equal(error.error.code, 'output_unwritable');
    assert.match(error.error.message, /^cannot write the journal \/dev\/full: ENOSPC.*; 0 sent$/);
  }
});

for (const waits of [false, true]) {
  test(`a disk that is full in the middle, ${waits ? 'with' : 'without'} answers: it ends at once, and says what it sent`, {
    skip: process.platform === 'linux' ? false : 'the limit on the size of files is that of Linux',
  }, async (t) => {
    const bus = await busFor(t);
    const cwd = folderFor(t, 3_000);
    const worked = new Map<number, number>();
    const worker = await bus.connect();
    await startWorker(worker, (task, message) => {
      const { n } = task.payload as { n: number };
      worked.set(n, (worked.get(n) ?? 0) + 1);
      return echo(task, message);
    });
    const argv = [...ARGV, '--direct', '--journal', 'done', ...(waits ? ['--wait', '--linger', '0'] : [])];
    const env = { NATS_URL: bus.url };
    const program = startProgram(t, argv, { cwd, env, largestFileKiB: 150 });
    assert.equal(await program.ended, 1, program.stderr());
    await worker.flush();
    const documents = program.lines() as unknown as (BatchReport & { type: string })[];
    const summary = documents.find(({ type }) => type === 'summary');
    assert.ok(summary !== undefined, program.stdout());
    const { counts, stopped, unwritten_lines } = summary;
    assert.equal(stopped, 'journal');
    const words =
      counts.unwritten === 0 ? '' : `; ${counts.unwritten} of them are not noted in it: lines ${unwritten_lines}`;
    assert.match(program.stdout(), /cannot write the journal .*done: EFBIG/);
    assert.ok(program.stdout().includes(`; ${counts.sent} sent${words}"`), program.stdout());
    assert.ok(counts.sent > 0 && counts.sent < 2_000, `${counts.sent} were sent`);
    assert.deepEqual([counts.published, counts.uncertain, worked.size], [counts.sent, 0, counts.sent]);
    const unwritten = linesOf(unwritten_lines);
    assert.deepEqual([unwritten.length, unwritten.every((line) => worked.has(line))], [counts.unwritten, true]);
    assert.ok(readFileSync(join(cwd, 'done'), 'utf8').endsWith('}\n'), 'no entry is torn');

    // What is certain is left out, what is not is named, and the rest is done.
    const rerun = startProgram(t, argv, { cwd, env });
    assert.equal(await rerun.ended, counts.unwritten === 0 ? 0 : 1, rerun.stderr());
    await worker.flush();
    const after = rerun.lines().at(-1) as unknown as BatchReport;
    assert.deepEqual(
      after.in_doubt.map(({ line }) => line),
      unwritten,
    );
    assert.equal(worked.size, 3_000);
    assert.deepEqual([...new Set(worked.values())], [1]);
  });
}
