import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeTask } from '../../../src/contract/taken-task.ts';
import type { ChildEvent } from '../../../src/worker/events.ts';
import { execPerTask } from '../../../src/worker/exec/per-task.ts';
import type { Performed } from '../../../src/worker/performer.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { inProject, ROOT } from '../../helpers/root.ts';

noLeaks();

const PROGRAM = inProject('test', 'worker', 'handlers', 'every-way.mjs');
const log: ChildEvent[] = [];
const performer = execPerTask({
  command: [process.execPath, PROGRAM],
  cwd: ROOT,
  env: process.env,
  platform: process.platform,
  maxLine: 1000,
  maxLineCalled: '--max-line',
  log: (event) => log.push(event),
});

async function ask(payload: Record<string, unknown>, signal = new AbortController().signal): Promise<Performed> {
  const taken = takeTask(Buffer.from(JSON.stringify({ task_id: 'one', worker_type: 'x', payload })), () => 'new');
  assert.ok(!('reason' in taken));
  return await performer.perform(taken, signal, { info: () => {}, warn: () => {}, error: () => {} });
}

test('each task has a process of its own', async () => {
  await performer.start();
  const [first, second] = await Promise.all([ask({ do: 'count' }), ask({ do: 'count' })]);
  assert.deepEqual(
    [first, second].map(({ output }) => (output as { tasks: number }).tasks),
    [1, 1],
  );
});

const FAILURES: readonly (readonly [what: string, payload: Record<string, unknown>, error: RegExp])[] = [
  ['an error it states', { do: 'error', error: 'no' }, /^Error: no$/],
  ['an exit code', { do: 'die' }, /ended with exit code 7: last words/],
  ['no answer', { do: 'hang' }, /wrote no answer/],
  ['garbage', { do: 'garbage' }, /no JSON object/],
  ['too long an answer', { do: 'long', size: 2000 }, /more than --max-line/],
  ['two answers', { do: 'twice' }, /more than one line/],
];
for (const [what, payload, error] of FAILURES) {
  test(`fails with ${what}`, async () => {
    await assert.rejects(ask(payload), error);
  });
}

test('an answer without task_id counts: there is only one task', async () => {
  assert.deepEqual((await ask({ do: 'anonymous' })).output, {});
});

test('a task that is given up takes its process with it', async () => {
  const stop = new AbortController();
  const asked = ask({ do: 'later', ms: 60_000 }, stop.signal);
  setTimeout(() => stop.abort(new Error('late')), 50);
  await assert.rejects(asked, /signal SIGKILL|exit code/);
});
