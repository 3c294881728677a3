import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type TakenTask, takeTask } from '../../../src/contract/taken-task.ts';
import { createFakeClock } from '../../../src/time/fake-clock.ts';
import type { ChildEvent } from '../../../src/worker/events.ts';
import type { ExecOptions } from '../../../src/worker/exec/answer.ts';
import { execLongLived } from '../../../src/worker/exec/long-lived.ts';
import type { Performed, Performer } from '../../../src/worker/performer.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { inProject, ROOT } from '../../helpers/root.ts';
import { until } from '../start.ts';

noLeaks();

const PROGRAM = inProject('test', 'worker', 'handlers', 'every-way.mjs');
const NO_LOG = { info: () => {}, warn: () => {}, error: () => {} };

function task(id: string, payload: string | Record<string, unknown>, more = ''): TakenTask {
  const raw = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const taken = takeTask(
    Buffer.from(`{"task_id":${JSON.stringify(id)},"worker_type":"x","payload":${raw}${more}}`),
    () => 'new',
  );
  assert.ok(!('reason' in taken), JSON.stringify(taken));
  return taken;
}

interface Started {
  performer: Performer;
  log: ChildEvent[];
  ask(id: string, payload: string | Record<string, unknown>, signal?: AbortSignal): Promise<Performed>;
}

async function start(
  t: TestContext,
  args: readonly string[] = [],
  { maxLine, clock }: Pick<ExecOptions, 'maxLine' | 'clock'> = {},
): Promise<Started> {
  const log: ChildEvent[] = [];
  const performer = execLongLived({
    command: [process.execPath, PROGRAM, ...args],
    cwd: ROOT,
    env: process.env,
    platform: process.platform,
    log: (event) => log.push(event),
    maxLine,
    maxLineCalled: '--max-line',
    clock,
  });
  t.after(() => performer.stop(10_000));
  await performer.start();
  const ask = (
    id: string,
    payload: string | Record<string, unknown>,
    signal = new AbortController().signal,
  ): Promise<Performed> => performer.perform(task(id, payload), signal, NO_LOG);
  return { performer, log, ask };
}

const pidOf = (performed: Performed): number => (performed.output as { pid: number }).pid;

test('one program for all tasks; numbers keep their digits both ways', async (t) => {
  const { ask } = await start(t);
  const first = await ask('1', { do: 'count' });
  const second = await ask('2', { do: 'count' });
  assert.deepEqual(
    [first.output, second.output].map((output) => (output as { tasks: number }).tasks),
    [1, 2],
  );
  assert.equal(pidOf(first), pidOf(second));
  const { outputText } = await ask('3', '{"do":"echo",\n "n":12345678901234567890, "f":1.0, "t":"a\\nb"}');
  assert.equal(outputText, '{"do":"echo",  "n":12345678901234567890, "f":1.0, "t":"a\\nb"}');
});

test('metadata carries the tier; what stands beside the output comes along', async (t) => {
  const { ask } = await start(t);
  assert.equal(((await ask('1', { do: 'count' })).output as { tier: string }).tier, 'standard');
  const { modelUsed, tokenUsage, metadata } = await ask('2', { do: 'beside' });
  assert.deepEqual([modelUsed, tokenUsage, metadata], ['m', { prompt_tokens: 2 }, { a: 1 }]);
});

test('errors, garbage and silence about the output fail that task only', async (t) => {
  const { ask, log } = await start(t, [], { maxLine: 1000 });
  await assert.rejects(ask('1', { do: 'error', error: 'no such picture' }), /^Error: no such picture$/);
  await assert.rejects(ask('2', { do: 'error', error: { code: 5 } }), /\{"code":5\}/);
  await assert.rejects(ask('3', { do: 'garbage' }), /no JSON object \(not JSON/);
  await assert.rejects(ask('4', { do: 'long', size: 5_000 }), /a line of 50\d\d bytes, more than --max-line/);
  await assert.rejects(ask('5', { do: 'nothing' }), /neither output nor error/);
  await assert.rejects(ask('6', { do: 'anonymous' }), /no task_id/);
  await assert.rejects(ask('7', { do: 'nan' }), /NaN/);
  assert.deepEqual((await ask('8', { do: 'twice' })).output, { n: 1 });
  const last = await ask('9', { do: 'count' });
  assert.equal((last.output as { tasks: number }).tasks, 9, 'it is the same program still');
  assert.equal(log.filter(({ kind }) => kind === 'child_stray').length, 1, 'the second answer is in the log');
});

test('a death fails the open tasks with the reason, and the next task finds a new program', async (t) => {
  const { ask, log } = await start(t);
  const before = await ask('0', { do: 'count' });
  const open = ask('1', { do: 'hang' });
  const failed = assert.rejects(open, /ended before it answered \(exit code 7: last words\)/);
  await assert.rejects(ask('2', { do: 'die' }), /exit code 7: last words/);
  await failed;
  const after = await ask('3', { do: 'count' });
  assert.notEqual(pidOf(before), pidOf(after));
  const death = log.find((event) => event.kind === 'child_died');
  assert.deepEqual([death?.failed, death?.restartMs], [2, 0]);
});

test('SIGKILL from outside is a death like any other', { skip: process.platform === 'win32' }, async (t) => {
  const { ask } = await start(t);
  const pid = pidOf(await ask('0', { do: 'count' }));
  const open = assert.rejects(ask('1', { do: 'hang' }), /signal SIGKILL/);
  process.kill(pid, 'SIGKILL');
  await open;
  assert.notEqual(pidOf(await ask('2', { do: 'count' })), pid);
});

test('five quick deaths are enough', async (t) => {
  const clock = createFakeClock();
  const { performer, ask, log } = await start(t, ['--die'], { clock });
  const open = assert.rejects(
    ask('1', { do: 'count' }),
    /5 times in quick succession \(exit code 3\)|before it answered/,
  );
  // As soon as it rests before the next start, that time passes.
  for (let deaths = 1; deaths < 5; deaths += 1) {
    await until('it died', () => log.filter(({ kind }) => kind === 'child_died').length === deaths);
    await clock.advance(1_000);
  }
  const reason = await performer.gaveUp;
  assert.match(reason.message, /ended 5 times in quick succession \(exit code 3\)/);
  await open;
  await assert.rejects(ask('2', { do: 'count' }), /5 times/);
  const deaths = log.filter((event) => event.kind === 'child_died');
  assert.deepEqual(
    deaths.map(({ restartMs }) => restartMs),
    [100, 200, 400, 800, undefined],
  );
});

test('a task that is given up ends a program that works on nothing else', async (t) => {
  const { ask } = await start(t);
  const pid = pidOf(await ask('0', { do: 'count' }));
  const stop = new AbortController();
  void ask('1', { do: 'hang' }, stop.signal).catch(() => {});
  await until('the task is open', () => true);
  stop.abort(new Error('late'));
  assert.notEqual(pidOf(await ask('2', { do: 'count' })), pid);
  await until('the old one is gone', () => !alive(pid));
});

test('a task that is given up does not take the others with it', async (t) => {
  const { ask } = await start(t);
  const pid = pidOf(await ask('0', { do: 'count' }));
  const stop = new AbortController();
  const other = ask('1', { do: 'later', ms: 300 });
  void ask('2', { do: 'hang' }, stop.signal).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 20));
  stop.abort(new Error('late'));
  assert.notEqual(pidOf(await ask('3', { do: 'count' })), pid, 'new tasks go to a new program');
  assert.equal(pidOf(await other), pid, 'the open one was answered by the old');
  await until('the old one is gone', () => !alive(pid));
});

test('two open tasks of one id are answered one after the other', async (t) => {
  const { ask } = await start(t);
  const [first, second] = await Promise.all([ask('same', { do: 'later', ms: 50 }), ask('same', { do: 'count' })]);
  assert.equal((first.output as { after: number }).after, 50);
  assert.equal((second.output as { tasks: number }).tasks, 2);
});

test('a program that does not exist is an error at the start', async (t) => {
  const log: ChildEvent[] = [];
  const performer = execLongLived({
    command: ['heddle-no-such-program'],
    cwd: ROOT,
    env: process.env,
    platform: process.platform,
    log: (event) => log.push(event),
  });
  await assert.rejects(performer.start(), { code: 'usage', message: /no such program/ });
  t.after(() => performer.stop(1_000));
});

test('stopping closes its stdin first: the program ends by itself', async () => {
  const { performer, ask } = await start({ after: () => {} } as unknown as TestContext);
  const pid = pidOf(await ask('0', { do: 'count' }));
  await performer.stop(10_000);
  assert.equal(alive(pid), false);
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('a program that floods its output fails the task it was asked, and keeps nobody from ending it', async (t) => {
  const log: ChildEvent[] = [];
  const flood = "const lines = 'y\\n'.repeat(32_768); const go = () => process.stdout.write(lines, go); go();";
  const performer = execLongLived({
    command: [process.execPath, '-e', flood],
    cwd: ROOT,
    env: process.env,
    platform: process.platform,
    log: (event) => log.push(event),
  });
  t.after(() => performer.stop(1_000));
  await performer.start();
  await until('it floods', () => log.some((event) => event.kind === 'child_stray' && /in a row/.test(event.reason)));
  await assert.rejects(
    performer.perform(task('1', {}), new AbortController().signal, NO_LOG),
    /the program's answer is no JSON object/,
  );
  await performer.stop(1_000);
  const strays = log.filter(({ kind }) => kind === 'child_stray');
  assert.ok(strays.length < 120, `${strays.length} lines of log`);
});
