import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { type CliRun, type FakeIoOptions, runCli, startCli } from '../../helpers/fake-io.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { assertKeepsSchema } from '../../helpers/output-schema.ts';
import {
  type Bus,
  busFor,
  completed,
  echo,
  failing,
  hanging,
  startEchoBus,
  startRouter,
  startWorker,
  twice,
} from '../../submit/actors.ts';

noLeaks();

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-submit-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const submit = (bus: Bus, argv: readonly string[], options: FakeIoOptions = {}): Promise<CliRun> =>
  runCli(['submit', ...argv], { ...options, env: { NATS_URL: bus.url, ...options.env } });

/** The members that are asked about here; assertKeepsSchema looks at the whole. */
interface Document {
  readonly type: string;
  readonly line: number;
  readonly stopped: string;
  readonly result: { readonly output: { readonly n: number } };
  readonly counts: Readonly<Record<string, number>>;
  readonly problems: readonly { readonly line: number }[];
}

const documents = (text: string): Document[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Document);

const numbered = (count: number): string => Array.from({ length: count }, (_, at) => `{"n":${at + 1}}\n`).join('');

test('lines from stdin, sent: one line says how many', async (t) => {
  const bus = await startEchoBus(t);
  const human = await submit(bus, ['echo', '--jsonl', '-'], { stdin: numbered(1500) });
  assert.equal(human.code, 0, human.stderr);
  assert.match(human.stdout, /^✓ 1,500 tasks sent in .* \([\d,]+\/s, [\d.]+KiB\)\n$/);
  assert.equal(human.stderr, '');
  const machine = await submit(bus, ['echo', '--jsonl', '-', '-o', 'json'], { stdin: numbered(10) });
  const [summary, ...more] = documents(machine.stdout);
  assert.deepEqual(more, []);
  assertKeepsSchema('submit', summary);
  assert.equal(summary?.counts.sent, 10);
});

test('with --wait: an ndjson line for each answer, the summary apart', async (t) => {
  const bus = await startEchoBus(t);
  const human = await submit(bus, ['echo', '--jsonl', '-', '--wait', '--concurrency', '4', '--linger', '20ms'], {
    stdin: numbered(20),
  });
  assert.equal(human.code, 0, human.stderr);
  const lines = documents(human.stdout);
  for (const line of lines) assertKeepsSchema('submit', line);
  const outputs = lines.map((line) => [line.line, line.result.output.n]);
  assert.deepEqual(
    outputs.sort(([a = 0], [b = 0]) => Number(a) - Number(b)),
    Array.from({ length: 20 }, (_, at) => [at + 1, at + 1]),
  );
  assert.match(human.stderr, /^✓ 20 of 20 tasks completed in .*\n {2}latency {2}p50 .* p90 .* p99 .* max /);
  const machine = await submit(
    bus,
    ['echo', '--count', '3', '--set', 'a=b', '--wait', '-o', 'json', '--linger', '0'],
    {},
  );
  const all = documents(machine.stdout);
  assert.deepEqual(
    all.map((each) => each.type),
    ['result', 'result', 'result', 'summary'],
  );
  assertKeepsSchema('submit', all[3]);
  assert.equal(machine.stderr, '');
});

test('--output-only: nothing but outputs', async (t) => {
  const bus = await startEchoBus(t);
  const run = await submit(bus, ['echo', '--jsonl', '-', '--output-only', '--linger', '0'], { stdin: numbered(3) });
  assert.deepEqual(run.stdout.trim().split('\n').sort(), ['{"n":1}', '{"n":2}', '{"n":3}']);
});

test('malformed lines: where, why, and the exit code; by default they stop the batch', async (t) => {
  const bus = await startEchoBus(t);
  const stdin = '{"n":1}\n{oops\n{"n":3}\n[4]\n';
  const stopped = await submit(bus, ['echo', '--jsonl', '-'], { stdin });
  assert.equal(stopped.code, 1);
  assert.match(stopped.stderr, /^warning: line 2 is not JSON: /);
  assert.match(
    stopped.stdout,
    /^✗ 1 task sent .*\n {2}1 malformed, not sent\n {2}stopped at the first malformed line; --on-error skip goes on\n$/,
  );
  const skipped = await submit(bus, ['echo', '--jsonl', '-', '--on-error', 'skip', '-o', 'json'], { stdin });
  assert.equal(skipped.code, 1);
  const [summary] = documents(skipped.stdout);
  assertKeepsSchema('submit', summary);
  assert.deepEqual(
    summary?.problems.map(({ line }) => line),
    [2, 4],
  );
  assert.equal(summary?.counts.sent, 2);
});

test('a thousand malformed lines are counted, not printed', async (t) => {
  const bus = await startEchoBus(t);
  const run = await submit(bus, ['echo', '--jsonl', '-', '--on-error', 'skip'], { stdin: 'x\n'.repeat(1000) });
  assert.equal(run.code, 1);
  assert.equal(run.stderr.split('\n').length, 22);
  assert.match(run.stderr, /further malformed lines are only counted/);
  assert.match(run.stdout, /1,000 malformed/);
});

test('exit codes of a batch', async (t) => {
  const nobody = await submit(await busFor(t), ['echo', '--count', '50']);
  assert.deepEqual(
    [
      nobody.code,
      /no router listens on heddle\.tasks\.incoming: 1 sent and lost, the rest was not sent/.test(nobody.stderr),
    ],
    [4, true],
  );
  const allowed = await submit(await busFor(t), ['echo', '--count', '50', '--allow-unheard']);
  assert.deepEqual([allowed.code, /50 heard by nobody: lines 1-50/.test(allowed.stdout)], [0, true]);
  const limited = await busFor(t);
  await startRouter(await limited.connect(), { refuse: "rate_limited: tier 'standard' has no available capacity" });
  const refused = await submit(limited, ['echo', '--count', '3', '--wait', '--linger', '0']);
  assert.deepEqual([refused.code, /3 refused by the router/.test(refused.stderr)], [4, true]);
  const failed = await submit(await startEchoBus(t, failing), ['echo', '--count', '3', '--wait', '--linger', '0']);
  assert.deepEqual([failed.code, /3 failed/.test(failed.stderr)], [1, true]);
  const late = await submit(await startEchoBus(t, hanging), [
    'echo',
    '--count',
    '3',
    '--wait',
    '80ms',
    '--linger',
    '0',
  ]);
  assert.deepEqual([late.code, /3 not answered in time/.test(late.stderr)], [124, true]);
});

test('where nobody answers, a batch tells for whom nobody listens, and what was meant', async (t) => {
  const bus = await startEchoBus(t);
  const misspelt = await submit(bus, ['ehco', '--count', '3', '--wait', '300ms']);
  assert.equal(misspelt.code, 124);
  assert.match(misspelt.stderr, /warning: no worker listens for "ehco" on any tier \(did you mean "echo"\?\)/);
  const verified = await submit(bus, ['ehco', '--verify']);
  assert.match(verified.stderr, /on any tier \(did you mean "echo"\?\): the router will send it where nobody is/);
  const answered = await submit(bus, ['echo', '--count', '3', '--wait', '5s']);
  assert.doesNotMatch(answered.stderr, /no worker/);
});

test('--allow-unheard: the batch goes on, and warns at its end', async (t) => {
  const bus = await busFor(t);
  const run = await submit(bus, ['echo', '--count', '3', '--allow-unheard']);
  assert.equal(run.code, 0);
  assert.match(run.stdout, /3 heard by nobody: lines 1-3/);
  assert.match(run.stderr, /^warning: no router listens on heddle\.tasks\.incoming: 3 sent and lost\n$/);
});

test('whole tasks sent straight to their workers: the words name where the lost one went', async (t) => {
  const bus = await busFor(t);
  await startWorker(await bus.connect(), echo, { tier: 'local' });
  const stdin = '{"worker_type":"echo","payload":{},"model_tier":"local"}\n{"worker_type":"echo","payload":{}}\n';
  for (const argv of [['echo', '--tier', 'local'], ['echo', '--wait', '--linger', '0'], []]) {
    const run = await submit(bus, ['--jsonl', '-', '--direct', ...argv], { stdin });
    assert.equal(run.code, 4, run.stderr);
    assert.match(run.stderr, /no worker listens on heddle\.tasks\.echo\.standard: 1 sent and lost/);
    assert.match(run.stderr, /serves "echo"/);
  }
});

test('an id that is still under way is refused by its line', async (t) => {
  const bus = await startEchoBus(t, hanging);
  const line = '{"task_id":"d","worker_type":"echo","payload":{}}\n';
  const run = await submit(bus, ['--jsonl', '-', '--wait', '50ms'], { stdin: line + line });
  assert.match(run.stderr, /^warning: line 2 bears the id of a task that is still under way: "d"\n/);
});

test('a repeat whose first wait was over: one worker that answers both late has not done the work twice', async (t) => {
  const held: (() => void)[] = [];
  const bus = await busFor(t);
  await startRouter(await bus.connect());
  const worker = await bus.connect();
  await startWorker(worker, (task) => {
    held.push(() => worker.publish(`heddle.results.${task.parent_task_id}`, JSON.stringify(completed(task, {}))));
    const answerAll = (): void => {
      for (const answer of held) answer();
    };
    if (held.length === 2) setTimeout(answerAll, 20);
    return [];
  });
  const line = '{"task_id":"r","worker_type":"echo","payload":{}}\n';
  const argv = ['--jsonl', '-', '--wait', '300ms', '--concurrency', '1', '--linger', '500ms', '-o', 'json'];
  const run = await submit(bus, argv, { stdin: line + line });
  assert.doesNotMatch(run.stderr, /twice/);
  const { counts } = documents(run.stdout).at(-1) ?? assert.fail();
  assert.deepEqual([counts.timed_out, counts.completed, counts.duplicates], [1, 1, 0]);
});

test('ids of a batch cannot act on the terminal', async (t) => {
  const bus = await startEchoBus(t, twice);
  const stdin = '{"task_id":"x\\n\\u001b[31my","worker_type":"echo","payload":{}}\n';
  const run = await submit(bus, ['echo', '--jsonl', '-', '--wait', '--linger', '200ms'], { stdin });
  assert.match(run.stderr, /a second answer to line 1 \(x.*y\)/);
  assert.ok(!run.stderr.includes('\u001b[31m') && !run.stdout.includes('\u001b[31m'), run.stderr);
});

test('--config checks each line', async (t) => {
  const bus = await startEchoBus(t);
  const cwd = folderFor(t);
  writeFileSync(join(cwd, 'echo.yaml'), 'name: echo\ninput_schema: {type: object, required: [n]}\n');
  const run = await submit(bus, ['--config', 'echo.yaml', '--jsonl', '-', '--on-error', 'skip'], {
    cwd,
    stdin: '{"n":1}\n{"m":2}\n',
  });
  assert.equal(run.code, 1);
  assert.match(run.stderr, /line 2 \/n: input: missing required field 'n'/);
  assert.match(run.stdout, /1 task sent/);
});

test('what tail recorded is sent again; other records are left out', async (t) => {
  const bus = await busFor(t);
  const router = await bus.connect();
  const seen: string[] = [];
  router.subscribe('heddle.tasks.incoming', (message) =>
    seen.push(JSON.parse(Buffer.from(message.data).toString()).task_id),
  );
  await router.flush();
  const record = (kind: string, message: object): string =>
    JSON.stringify({
      received_at: '2026-01-01T00:00:00Z',
      subject: 'heddle.tasks.incoming',
      kind,
      generation: 'B',
      message,
    });
  const stdin = [
    record('task', { task_id: 'a', worker_type: 'echo', payload: {} }),
    record('result', { task_id: 'a', worker_type: 'echo', status: 'completed' }),
    record('task', { task_id: 'b', worker_type: 'other', payload: {} }),
  ].join('\n');
  const run = await submit(bus, ['--jsonl', '-'], { stdin });
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /2 tasks sent.*\n {2}1 left out: records of something that is no task/);
  await router.flush();
  assert.deepEqual(seen, ['a', 'b']);
});

test('a journal is let go of when no batch begins', async (t) => {
  const cwd = folderFor(t);
  const argv = ['submit', 'echo', '--payload', '{}', '--count', '2', '--journal', 'done'];
  const { code } = await runCli(argv, { cwd, env: { NATS_URL: 'nats://127.0.0.1:99999' } });
  assert.equal(code, 2);
  assert.deepEqual(readdirSync(cwd), ['done']);
});

test('a journal: a rerun does the rest', async (t) => {
  const cwd = folderFor(t);
  writeFileSync(join(cwd, 'tasks.ndjson'), numbered(10));
  let broken = true;
  let worked = 0;
  const bus = await startEchoBus(t, (task, message) => {
    worked += 1;
    return broken && (task.payload as { n: number }).n > 6 ? [] : echo(task, message);
  });
  const argv = ['echo', '--jsonl', 'tasks.ndjson', '--journal', 'done', '--wait', '100ms', '--linger', '0'];
  assert.equal((await submit(bus, argv, { cwd })).code, 124);
  broken = false;
  worked = 0;
  const second = await submit(bus, argv, { cwd });
  assert.equal(second.code, 0, second.stderr);
  assert.equal(worked, 4);
  assert.match(second.stderr, /6 left out: the journal has them/);
  writeFileSync(join(cwd, 'tasks.ndjson'), numbered(10).replace('"n":1}', '"n":100}'));
  const changed = await submit(bus, argv, { cwd });
  assert.deepEqual([changed.code, /belongs to another input: line 1 differs/.test(changed.stderr)], [2, true]);
  assert.match(readFileSync(join(cwd, 'done'), 'utf8'), /^\{"heddle_ts_journal":2\}\n\{"line":/);
});

test('an interrupt prints what was sent, answered and is open', async (t) => {
  const bus = await startEchoBus(t, (task, message) =>
    (task.payload as { n: number }).n <= 5 ? echo(task, message) : [],
  );
  const stdin = new Readable({ read() {} });
  stdin.push(numbered(8));
  const { io, exit } = startCli(['submit', 'echo', '--jsonl', '-', '--wait', '-o', 'json'], {
    env: { NATS_URL: bus.url },
    stdin,
  });
  await io.seen(/"line":5,/);
  io.signal('SIGINT');
  assert.equal(await exit, 130);
  const summary = documents(io.out()).at(-1);
  assertKeepsSchema('submit', summary);
  assert.equal(summary?.stopped, 'interrupted');
  const counts = summary?.counts ?? {};
  assert.deepEqual([counts.completed, counts.open, counts.sent], [5, 3, 8]);
});

test('an input that is not there, or cannot be read', async (t) => {
  const bus = await startEchoBus(t);
  for (const name of ['nope.ndjson', '.']) {
    const run = await submit(bus, ['echo', '--jsonl', name], { cwd: folderFor(t) });
    assert.equal(run.code, 2, run.stderr);
    assert.match(run.stderr, /--jsonl: cannot read/);
  }
});

test('a reader that goes away ends the batch quietly', async (t) => {
  const bus = await startEchoBus(t);
  const { io, exit } = startCli(['submit', 'echo', '--count', '20', '--wait', '--linger', '0'], {
    env: { NATS_URL: bus.url },
  });
  io.stdout.onText = () => io.stdout.break();
  assert.equal(await exit, 0);
});

test('answers from tasks with parents of their own', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect());
  await startWorker(await bus.connect(), (task) => [completed(task, { parent: task.parent_task_id })]);
  const stdin = ['p1', 'p2', 'p1']
    .map((parent) => JSON.stringify({ worker_type: 'echo', payload: {}, parent_task_id: parent }))
    .join('\n');
  const run = await submit(bus, ['--jsonl', '-', '--output-only', '--linger', '0'], { stdin });
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(run.stdout.trim().split('\n').sort(), ['{"parent":"p1"}', '{"parent":"p1"}', '{"parent":"p2"}']);
});

test('why tasks ended badly stands in the summary, by count, with what a rate limit means', async (t) => {
  const bus = await busFor(t);
  const router = await bus.connect('router');
  await startRouter(router, { refuse: "rate_limited: tier 'standard' has no available capacity" });
  const refused = await submit(bus, ['echo', '--count', '7', '--wait']);
  assert.match(
    refused.stderr,
    /7 refused by the router \(dead letters\)\n {4}7 × rate_limited: tier 'standard' has no available capacity\n {4}A tier takes max_concurrent tasks at once, and then so many a minute, .*--rate/,
  );
  const machine = await submit(bus, ['echo', '--count', '7', '--wait', '-o', 'json']);
  const summary = JSON.parse(machine.stdout.trim().split('\n').at(-1) ?? '');
  assertKeepsSchema('submit', summary);
  const reason = "rate_limited: tier 'standard' has no available capacity";
  assert.deepEqual(summary.reasons, [{ outcome: 'dead_lettered', reason, count: 7 }]);

  const other = await busFor(t);
  await startRouter(await other.connect('router'));
  let count = 0;
  await startWorker(await other.connect('worker'), (task) => {
    count += 1;
    const error = count % 3 === 0 ? 'no such file' : `id ${count}`;
    return [{ ...completed(task, {}), status: 'failed', output: null, error }];
  });
  const failed = await submit(other, ['echo', '--count', '90', '--wait']);
  assert.match(failed.stderr, /90 failed\n {4}30 × no such file\n( {4}1 × id \d+\n){4}/);
  assert.doesNotMatch(failed.stderr, /max_concurrent/);
});
