import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli, startCli } from '../../helpers/fake-io.ts';
import { type Gathering, gather } from '../../helpers/gather.ts';
import { assertKeepsSchema } from '../../helpers/output-schema.ts';
import { bedFor } from './bed.ts';

let results: Gathering;
const bed = bedFor('worker', async ({ client, folder }) => {
  results = await gather(client, 'heddle.results.default');
  const config = (name: string, more = ''): void =>
    writeFileSync(join(folder, `${name}.yaml`), `name: ${name}\nworker_kind: processor\n${more}`);
  for (const name of ['plain', 'logs', 'watched', 'reloaded', 'again', 'program']) config(name);
  config('slow', 'timeout_seconds: 0.05\n');
  config('bad', 'timeout_seconds: -1\ndefault_model_tier: gpu\n');
  writeFileSync(join(folder, 'llm.yaml'), 'name: x\nsystem_prompt: hello\n');
  writeFileSync(join(folder, 'dotted.yaml'), 'name: a..b\nworker_kind: processor\n');
  writeFileSync(join(folder, 'slip.mjs'), 'export default () => {\n  const x = ;\n};\n');
  writeFileSync(join(folder, 'imports-slip.mjs'), "import './slip.mjs';\nexport default () => ({});\n");
  writeFileSync(join(folder, 'slow.mjs'), 'export default () => new Promise(() => {});');
  writeFileSync(
    join(folder, 'talk.mjs'),
    'export default (payload, ctx) => { ctx.log.warn("look \\u001b[31mhere\\nnow", { n: 1 }); if (payload.fail) throw new Error("no"); return {}; };',
  );
  writeFileSync(
    join(folder, 'echo.mjs'),
    'process.stdin.on("data", (d) => { for (const l of String(d).trim().split("\\n")) console.log(l.replace("payload", "output")); console.error("said"); });',
  );
});
const { at, folder } = bed;
const ask = async (name: string, id: string, payload: unknown = {}): Promise<Record<string, unknown>> => {
  bed.client.publish(`heddle.tasks.${name}.local`, JSON.stringify({ task_id: id, worker_type: name, payload }));
  return JSON.parse((await results.find(({ text }) => text.includes(`"task_id":"${id}"`))).text) as Record<
    string,
    unknown
  >;
};

test('answers until SIGTERM, and exits 0 though idle', async () => {
  const { io, exit } = startCli(at('--config', 'plain.yaml', '--echo'), { cwd: folder });
  await io.seen(/worker plain\.local on nats:/);
  assert.deepEqual((await ask('plain', 'p1', { a: 1 })).output, { a: 1 });
  io.signal('SIGTERM');
  assert.equal(await exit, 0);
  assert.match(io.out(), /✓ plain\.local +\S+ms {2}task p1\n/);
  assert.match(io.out(), /worker stopped: 1 completed, 0 failed\n$/);
  assert.equal(io.err(), '');
});

test('one line a task, harmless in human form, exact and by its schema in ndjson', async () => {
  for (const [index, format] of (['human', 'ndjson'] as const).entries()) {
    const { io, exit } = startCli(at('--config', 'logs.yaml', '--handler', 'talk.mjs', '-o', format, '-v'), {
      cwd: folder,
    });
    await io.seen(/worker_started|worker logs/);
    await ask('logs', `l${index}`, { fail: true });
    bed.client.publish('heddle.tasks.logs.local', 'not a task');
    await io.seen(/not JSON/);
    io.signal('SIGINT');
    assert.equal(await exit, 0);
    if (format === 'human') {
      assert.match(io.out(), /look \\x1b\[31mhere\\nnow \{"n":1\} {2}task l0/);
      assert.match(io.out(), /✗ logs\.local +\S+ {2}task l0 {2}no\n/);
      assert.ok(!io.out().includes('\u001b'));
      continue;
    }
    const lines = io
      .out()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const line of lines) assertKeepsSchema('log', line);
    assert.deepEqual(
      lines.map(({ event }) => event),
      ['worker_started', 'task_taken', 'handler_log', 'task_done', 'task_skipped', 'worker_stopping', 'worker_stopped'],
    );
    const { message, level, fields, task_id } = lines[2] ?? {};
    assert.deepEqual([message, level, fields, task_id], ['look \u001b[31mhere\nnow', 'warn', { n: 1 }, 'l1']);
    assert.deepEqual(
      [lines[3]?.status, lines[3]?.error, lines[3]?.parent_task_id, lines[3]?.level],
      ['failed', 'no', null, 'warn'],
    );
  }
});

test('--log-format json is ndjson, -q keeps warnings alone', async () => {
  const { io, exit } = startCli(
    at('--config', 'watched.yaml', '--handler', 'talk.mjs', '--log-format', 'json', '-q', '--metrics', '127.0.0.1:0'),
    { cwd: folder },
  );
  await until(
    async () =>
      bed.client.publish('heddle.tasks.watched.local', '{"task_id":"w","worker_type":"watched","payload":{}}'),
    () => io.out() !== '',
  );
  io.signal('SIGTERM');
  assert.equal(await exit, 0);
  const lines = io
    .out()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.ok(
    lines.every(({ event }) => event === 'handler_log'),
    io.out(),
  );
});

test('metrics are served where the log says', async () => {
  const { io, exit } = startCli(at('--config', 'watched.yaml', '--echo', '--metrics', '127.0.0.1:0'), { cwd: folder });
  await io.seen(/worker watched\.local/);
  await ask('watched', 'm1');
  const text = await (await fetch(/metrics on (\S+)/.exec(io.out())?.[1] ?? '')).text();
  assert.match(text, /heddle_worker_tasks_total\{worker="watched",tier="local",status="completed"\} 1\n/);
  io.signal('SIGTERM');
  assert.equal(await exit, 0);
});

test('the time-out of the config holds; a new config is taken on reload and on SIGHUP, a bad one is refused', async () => {
  const file = join(folder, 'reloaded.yaml');
  const { io, exit } = startCli(at('--config', 'reloaded.yaml', '--handler', 'slow.mjs', '--grace', '300ms'), {
    cwd: folder,
  });
  await io.seen(/worker reloaded/);
  const base = 'name: reloaded\nworker_kind: processor\n';
  writeFileSync(file, `${base}timeout_seconds: 0.03\n`);
  bed.client.publish('heddle.control.reload', '{"action":"reload"}');
  await io.seen(/config read again, 30ms a task/);
  assert.equal((await ask('reloaded', 'r1')).error, 'the task timed out after 0.03 s');
  writeFileSync(file, `${base}timeout_seconds: nonsense\n`);
  io.signal('SIGHUP');
  await io.seen(/reload refused, the old config stays: reloaded\.yaml:3:18/);
  writeFileSync(file, 'name: other\nworker_kind: processor\ntimeout_seconds: 0.02\n');
  io.signal('SIGHUP');
  await io.seen(/a new name needs a restart/);
  assert.equal((await ask('reloaded', 'r2')).error, 'the task timed out after 0.02 s');
  io.signal('SIGTERM');
  assert.equal(await exit, 0);
});

test('a program behind --exec: its stderr is in the log, its end with the worker', async () => {
  const command = JSON.stringify([process.execPath, 'echo.mjs']);
  const { io, exit } = startCli(at('--config', 'program.yaml', '--exec', command), { cwd: folder });
  await io.seen(/worker program/);
  assert.deepEqual((await ask('program', 'x1', { a: 1 })).output, { a: 1 });
  await io.seen(/program: said/);
  io.signal('SIGTERM');
  assert.equal(await exit, 0);
});

const WRONG: readonly (readonly [argv: string[], code: number, said: RegExp])[] = [
  [['--config', 'plain.yaml'], 2, /one of --handler, --exec and --echo, and got 0/],
  [['--config', 'plain.yaml', '--echo', '--exec', 'x'], 2, /and got 2/],
  [['--echo'], 2, /--config/],
  [['--config', 'none.yaml', '--echo'], 2, /none\.yaml: there is no such file/],
  [['--config', 'llm.yaml', '--echo'], 1, /LLM worker/],
  [['--config', 'dotted.yaml', '--echo'], 1, /the name "a\.\.b"/],
  [
    ['--config', 'bad.yaml', '--echo'],
    1,
    /bad\.yaml:3:18: [\s\S]*bad\.yaml:4:21: |bad\.yaml:4:21: [\s\S]*bad\.yaml:3:18: /,
  ],
  [['--config', 'plain.yaml', '--echo', '--tier', 'a b'], 2, /--tier: "a b" is not one of local, standard, frontier/],
  [['--config', 'plain.yaml', '--echo', '--tier', 'Local'], 2, /did you mean "local"/i],
  [['--config', 'plain.yaml', '--echo', '--concurrency', '0'], 2, /--concurrency: "0" is less than 1/],
  [['--config', 'plain.yaml', '--echo', '--grace', 'soon'], 2, /--grace: "soon" is not a duration/],
  [['--config', 'plain.yaml', '--echo', '--metrics', 'nowhere'], 2, /--metrics: "nowhere" is no address/],
  [['--config', 'plain.yaml', '--echo', '--exec-per-task'], 2, /--exec-per-task belongs to --exec/],
  [['--config', 'plain.yaml', '--exec', "a 'b"], 2, /never closed/],
  [['--config', 'plain.yaml', '--exec', 'heddle-no-such-program'], 2, /no such program/],
  [['--config', 'plain.yaml', '--handler', 'none.mjs'], 2, /none\.mjs/],
  [
    ['--config', 'plain.yaml', '--handler', 'slip.mjs'],
    1,
    /slip\.mjs could not be loaded: Unexpected (?:token ';'|;) \(slip\.mjs:2: const x = ;\)/,
  ],
  [
    ['--config', 'plain.yaml', '--handler', 'imports-slip.mjs'],
    1,
    /imports-slip\.mjs could not be loaded: Unexpected (?:token ';' \(in a module that it imports\)|; \(in .*slip\.mjs:2, which it imports\))/,
  ],
];
for (const [argv, code, said] of WRONG) {
  test(`refuses ${argv.join(' ')}`, async () => {
    const run = await runCli(at(...argv), { cwd: folder });
    assert.equal(run.code, code, run.stderr);
    assert.match(run.stderr, said);
    assert.equal(run.stdout, '');
  });
}

test('no bus: exit 3 with the remedy', async () => {
  const argv = [
    'worker',
    '--config',
    'plain.yaml',
    '--echo',
    '--nats-url',
    'nats://127.0.0.1:1',
    '--no-env-file',
    '--no-nats-context',
  ];
  const run = await runCli(argv, { cwd: folder });
  assert.equal(run.code, 3);
  assert.match(run.stderr, /hint:/);
});

async function until(act: () => Promise<void>, test: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!test()) {
    assert.ok(performance.now() < deadline, 'it did not come');
    await act();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
