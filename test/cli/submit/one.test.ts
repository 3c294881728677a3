import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  type Handle,
  hanging,
  malformed,
  startEchoBus,
  startPipeline,
  startRouter,
  startWorker,
  twice,
} from '../../submit/actors.ts';

noLeaks();
const UUID = /^[0-9a-f-]{36}$/;

function submit(bus: Bus | undefined, argv: readonly string[], options: FakeIoOptions = {}): Promise<CliRun> {
  const env = { NATS_URL: bus?.url ?? 'nats://127.0.0.1:1', ...options.env };
  return runCli(['submit', ...argv], { ...options, env });
}

const documents = (run: CliRun): Record<string, unknown>[] =>
  run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** One situation: its bus, what is typed, and everything that must be seen in either format. */
interface Situation {
  readonly name: string;
  readonly bus: (t: TestContext) => Promise<Bus>;
  readonly argv: readonly string[];
  readonly code: number;
  /** On stdout of the human format, after the id. */
  readonly out?: RegExp;
  /** On stderr of the human format. */
  readonly err?: RegExp;
  /** The last JSON document. */
  readonly json: (last: Record<string, never>) => void;
}

const routerOnly = async (t: TestContext): Promise<Bus> => {
  const bus = await busFor(t);
  await startRouter(await bus.connect('router'));
  return bus;
};

const errorIs =
  (code: string, retryable: boolean, message: RegExp) =>
  (last: Record<string, never>): void => {
    const { error } = last as unknown as { error: { code: string; retryable: boolean; message: string } };
    assert.equal(error.code, code);
    assert.equal(error.retryable, retryable);
    assert.match(error.message, message);
    assertKeepsSchema('error', last);
  };

const SITUATIONS: readonly Situation[] = [
  {
    name: 'router and worker',
    bus: (t) => startEchoBus(t),
    argv: ['echo', '--set', 'text=hi', '--wait'],
    code: 0,
    out: /^✓ echo completed in [\d.]+ms \(worker 3ms\)\n\{\n {2}"text": "hi"\n\}\n$/,
    json: (last) => {
      assert.equal(last.status, 'completed');
      assert.deepEqual(last.output, { text: 'hi' });
      assert.equal('schema_version' in last, false, 'the result is the very one of the worker');
    },
  },
  {
    name: 'no router',
    bus: (t) => busFor(t),
    argv: ['echo', '--wait'],
    code: 4,
    err: /error: no router listens on heddle\.tasks\.incoming: .* is lost\n {2}hint: Start one: 'heddle-ts router/,
    json: errorIs('nobody_listens', true, /no router listens on heddle\.tasks\.incoming/),
  },
  {
    name: 'no router, and nobody waits',
    bus: (t) => busFor(t),
    argv: ['echo'],
    code: 4,
    err: /no router listens on heddle\.tasks\.incoming/,
    json: errorIs('nobody_listens', true, /no router listens/),
  },
  {
    name: 'no worker, sent straight to it',
    bus: (t) => busFor(t),
    argv: ['echo', '--direct', '--tier', 'local'],
    code: 4,
    err: /no worker listens on heddle\.tasks\.echo\.local.*\n {2}hint: Start one that serves "echo"/,
    json: errorIs('nobody_listens', true, /no worker listens on heddle\.tasks\.echo\.local/),
  },
  {
    name: 'no pipeline',
    bus: (t) => busFor(t),
    argv: ['--goal', 'go'],
    code: 4,
    err: /no pipeline or orchestrator listens on heddle\.goals\.incoming/,
    json: errorIs('nobody_listens', true, /no pipeline or orchestrator/),
  },
  {
    name: 'no worker',
    bus: routerOnly,
    argv: ['echo', '--wait', '100ms'],
    code: 124,
    err: /error: no answer to task [0-9a-f-]{36} within 100ms; routed to heddle\.tasks\.echo\.standard at [\d.]+ ms; nobody listens there\n {2}hint: Start one that serves "echo": 'heddle-ts worker /,
    json: errorIs('timeout', true, /within 100ms/),
  },
  {
    name: 'a router at its limit',
    bus: async (t) => {
      const bus = await busFor(t);
      await startRouter(await bus.connect(), { refuse: "rate_limited: tier 'standard' has no available capacity" });
      return bus;
    },
    argv: ['echo', '--wait'],
    code: 4,
    err: /error: the router refused task [0-9a-f-]{36}: rate_limited: tier 'standard' has no available capacity\n {2}hint: Its tier had no capacity/,
    json: errorIs('dead_lettered', true, /rate_limited: tier 'standard'/),
  },
  {
    name: 'a router that refuses for good',
    bus: async (t) => {
      const bus = await busFor(t);
      await startRouter(await bus.connect(), { refuse: 'invalid_task_message: 1 validation error for TaskMessage' });
      return bus;
    },
    argv: ['echo', '--wait'],
    code: 4,
    err: /invalid_task_message/,
    json: errorIs('dead_lettered', false, /invalid_task_message/),
  },
  {
    name: 'a failing worker',
    bus: (t) => startEchoBus(t, failing),
    argv: ['echo', '--wait'],
    code: 1,
    out: /^✗ echo failed in [\d.]+ms\n {2}Input validation: \["input: missing required field 'x'"\]\n$/,
    json: (last) => {
      assert.equal(last.status, 'failed');
      assert.match(String(last.error), /missing required field/);
    },
  },
  {
    name: 'a hanging worker',
    bus: (t) =>
      startEchoBus(t, (task, message) => [{ ...completed(task, {}), status: 'processing' }, ...hanging(task, message)]),
    argv: ['echo', '--wait', '150ms'],
    code: 124,
    err: /the worker says: processing\nerror: no answer to task .* within 150ms; last seen: status "processing" after/,
    json: errorIs('timeout', true, /last seen: status "processing"/),
  },
  {
    name: 'a worker whose answers are malformed',
    bus: (t) => startEchoBus(t, malformed),
    argv: ['echo', '--wait'],
    code: 1,
    err: /error: an answer to task .* came on heddle\.results\..*, and is no result that Heddle accepts: \/processing_time_ms/,
    json: errorIs('task_failed', false, /no result that Heddle accepts/),
  },
  {
    name: 'a worker that answers twice',
    bus: (t) => startEchoBus(t, twice),
    argv: ['echo', '--set', 'text=hi', '--wait', '--linger', '50ms'],
    code: 0,
    out: /"text": "hi"/,
    err: /warning: a second answer to [0-9a-f-]{36} came after .* the work was done twice/,
    json: (last) => assert.deepEqual(last.output, { text: 'hi' }),
  },
];

for (const situation of SITUATIONS) {
  test(`${situation.name}: exit ${situation.code}, its words and its JSON`, async (t) => {
    const { bus: start, argv, code, out, err, json } = situation;
    const bus = await start(t);
    const human = await submit(bus, argv);
    assert.equal(human.code, code, human.stderr);
    const [id = '', ...rest] = human.stdout.split('\n');
    assert.match(id, UUID, 'also of a message that nobody will answer');
    assert.match(rest.join('\n'), out ?? /^$/);
    assert.match(human.stderr, err ?? /^$/);

    const machine = await submit(bus, [...argv, '-o', 'json']);
    assert.equal(machine.code, code);
    const [receipt, ...others] = documents(machine);
    assertKeepsSchema('submit', receipt);
    assert.equal(receipt?.type, 'receipt');
    assert.equal(others.length, 1, machine.stdout);
    json(others[0] as never);
    if (err === undefined || others[0]?.ok === false) assert.equal(machine.stderr.includes('error:'), false);
  });
}

test('sent, and nobody waits: the id on stdout and nothing else', async (t) => {
  const bus = await startEchoBus(t);
  const run = await submit(bus, ['echo', '--set', 'text=hi']);
  assert.deepEqual([run.code, run.stderr], [0, '']);
  assert.match(run.stdout, /^[0-9a-f-]{36}\n$/);
  const machine = await submit(bus, ['echo', '-o', 'json']);
  const [receipt, ...more] = documents(machine);
  assert.deepEqual(more, []);
  assertKeepsSchema('submit', receipt);
  assert.equal(receipt?.heard, 'yes');
});

test('--allow-unheard makes it a warning', async (t) => {
  const run = await submit(await busFor(t), ['echo', '--allow-unheard']);
  assert.equal(run.code, 0);
  assert.match(run.stderr, /^warning: no router listens on heddle\.tasks\.incoming/);
});

test('--verify tells a watcher from a router', async (t) => {
  const bus = await busFor(t);
  const watcher = await bus.connect('heddle-ts tail');
  watcher.subscribe('heddle.>', () => {});
  await watcher.flush();
  const blind = await submit(bus, ['echo', '-o', 'json']);
  assert.equal(blind.code, 0);
  assert.equal(documents(blind)[0]?.heard, 'yes');
  const seeing = await submit(bus, ['echo', '--verify', '-o', 'json']);
  assert.equal(seeing.code, 4);
  assert.equal(documents(seeing)[0]?.heard, 'unknown');
  assert.match(seeing.stdout, /only watchers heard it: .*heddle-ts tail/);
  const allowed = await submit(bus, ['echo', '--verify', '--allow-unheard']);
  assert.equal(allowed.code, 0);
  assert.match(allowed.stderr, /warning: no router listens .* only watchers heard it/);
  await startRouter(await bus.connect('router'));
  const noWorker = await submit(bus, ['echo', '--verify', '-o', 'json']);
  assert.equal(noWorker.code, 0);
  assert.equal(documents(noWorker)[0]?.heard, 'yes');
  assert.match(noWorker.stderr, /warning: no worker listens for "echo" on any tier/);
  await startWorker(await bus.connect('worker'), echo, { tier: 'local' });
  assert.match((await submit(bus, ['echo', '--verify'])).stderr, /listens on local, the task asks for standard/);
  assert.equal((await submit(bus, ['echo', '--verify', '--tier', 'local'])).stderr, '');
});

test('a goal ends at its answer; the stages are talk', async (t) => {
  const bus = await startEchoBus(t);
  await startPipeline(await bus.connect(), ['extract', 'summarise', 'publish']);
  const run = await submit(bus, ['--goal', 'go', '--context', 'a=b', '--wait']);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /✓ three_steps completed in/);
  assert.equal(run.stderr.match(/stage "echo" completed/g)?.length, 3);
  assert.equal((await submit(bus, ['--goal', 'go', '--wait', '-q'])).stderr, '');
  const machine = documents(await submit(bus, ['--goal', 'go', '--wait', '-o', 'json']));
  assert.equal(machine[1]?.task_id, machine[0]?.goal_id);
});

test('--output-only leaves stdout to the output', async (t) => {
  const bus = await startEchoBus(t);
  const run = await submit(bus, ['echo', '--set', 'text=hi', '--output-only']);
  assert.deepEqual([run.code, run.stdout], [0, '{"text":"hi"}\n']);
  assert.match(run.stderr, /^sent [0-9a-f-]{36} to heddle\.tasks\.incoming\n$/);
  const failed = await submit(await startEchoBus(t, failing), ['echo', '--output-only']);
  assert.deepEqual([failed.code, failed.stdout], [1, '']);
  assert.match(failed.stderr, /task failed: Input validation/);
});

test('--trace shows every hop, live and as one document', async (t) => {
  const bus = await startEchoBus(t);
  const run = await submit(bus, ['echo', '--set', 'text=hi', '--trace']);
  assert.equal(run.code, 0);
  const lines = run.stdout.split('\n');
  assert.match(lines[0] ?? '', UUID);
  assert.match(lines[1] ?? '', /^ +0ms {2}published +→ heddle\.tasks\.incoming$/);
  assert.match(lines[2] ?? '', /^ +[\d.]+ms {2}routed +→ heddle\.tasks\.echo\.standard$/);
  assert.match(lines[3] ?? '', /^ +[\d.]+ms {2}result +completed → heddle\.results\./);
  assert.match(lines[4] ?? '', /^✓ echo completed/);
  const [, timeline] = documents(await submit(bus, ['echo', '--trace', '-o', 'json']));
  assertKeepsSchema('submit', timeline);
  assert.match(JSON.stringify(timeline?.result), /"status":"completed"/);
  assert.equal(timeline?.outcome, 'completed');
});

test('--trace that stops short names the hop and who is missing', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect('router'), { overrides: { echo: 'local' } });
  await startWorker(await bus.connect('worker'), echo);
  const run = await submit(bus, ['echo', '--trace']);
  assert.equal(run.code, 4);
  assert.match(run.stdout, /tier overridden by the router: standard became local/);
  assert.match(
    run.stderr,
    /error: routed to heddle\.tasks\.echo\.local at [\d.]+ ms; nobody listens there; the worker listens on heddle\.tasks\.echo\.standard\n {2}hint: /,
  );
  const [, timeline, error] = documents(await submit(bus, ['echo', '--trace', '-o', 'json']));
  assertKeepsSchema('submit', timeline);
  assert.equal(timeline?.outcome, 'stopped_short');
  assertKeepsSchema('error', error);
});

test('--trace that runs out of time says where it stands', async (t) => {
  const bus = await startEchoBus(t, hanging);
  const run = await submit(bus, ['echo', '--trace', '--wait', '100ms']);
  assert.equal(run.code, 124);
  assert.match(
    run.stderr,
    /no answer to task .* within \d+ms; routed to .*; a worker listens there and did not answer yet/,
  );
  assert.doesNotMatch(run.stderr, /with --trace/);
});

test('--trace of a goal draws its stages', async (t) => {
  const bus = await startEchoBus(t);
  await startPipeline(await bus.connect(), ['extract', 'summarise', 'publish']);
  for (const columns of [80, 120]) {
    const run = await submit(bus, ['--goal', 'go', '--trace'], { tty: columns, env: { LANG: 'C.UTF-8' } });
    assert.equal(run.code, 0, run.stderr);
    for (const line of run.stdout.split('\n')) {
      const shown = line.replaceAll(/\u001b\[[0-9;]*m/g, '');
      assert.ok(shown.length <= columns, `${shown.length} columns: ${shown}`);
    }
    for (const name of ['extract', 'summarise', 'publish']) assert.match(run.stdout, new RegExp(`\\n${name} +`));
    assert.match(run.stdout, /█|▏|▎|▍|▌|▋|▊|▉/);
  }
  const [, timeline] = documents(await submit(bus, ['--goal', 'go', '--trace', '-o', 'json']));
  assertKeepsSchema('submit', timeline);
  assert.match(JSON.stringify(timeline?.stages), /extract.*summarise.*publish/);
});

test('numbers are shown as they are sent and as they came', async (t) => {
  const exact = '{"a":{"big":1152921504606846976,"f":1.0}}';
  const dry = await submit(undefined, ['echo', '--payload', exact, '--set-json', 'a.n=-1.50e400', '-n']);
  assert.match(dry.stdout, /"big": 1152921504606846976,\n {6}"f": 1\.0,\n {6}"n": -1\.50e400\n {4}\}/);
  const goal = ['--goal', '"context":{}', '--context', 'a=x', '--context-json', 'n=1152921504606846976'];
  const asked = await submit(undefined, [...goal, '--context-json', '__proto__={"f": 1.0}', '-n', '-o', 'json']);
  assert.ok(asked.stdout.includes('"context":{"a":"x","n":1152921504606846976,"__proto__":{"f": 1.0}}'), asked.stdout);
  assertKeepsSchema('submit', JSON.parse(asked.stdout));
  const bus = await busFor(t);
  await startRouter(await bus.connect());
  const worker = await bus.connect();
  worker.subscribe('heddle.tasks.echo.standard', (message) => {
    const task = JSON.parse(Buffer.from(message.data).toString()) as { task_id: string; parent_task_id: string };
    const head = `{"task_id":"${task.task_id}","worker_type":"echo","status":"completed"`;
    worker.publish(`heddle.results.${task.parent_task_id}`, `${head},"output":{"big":1152921504606846976,"f":1.0}}`);
  });
  await worker.flush();
  const run = await submit(bus, ['echo', '--wait', '--linger', '0']);
  assert.match(run.stdout, /\{\n {2}"big": 1152921504606846976,\n {2}"f": 1\.0\n\}\n$/);
});

test('the id is one line, and acts on no terminal', async (t) => {
  const bus = await startEchoBus(t, twice);
  const run = await submit(bus, ['echo', '--task-id', 'a\n\u001b[31mb', '--wait']);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /^a.*b\n✓ echo completed/);
  assert.match(run.stderr, /a second answer to a.*b came/);
  assert.ok(!`${run.stdout}${run.stderr}`.includes('\u001b'));
  const bare = await submit(bus, ['echo', '--task-id', 'a\n\u001b[31mb', '--output-only']);
  assert.match(bare.stderr, /^sent a.*b to heddle/);
});

test("under somebody else's parent, what cannot be read is not taken for the answer", async (t) => {
  const garbageFirst: Handle = (task) => ['garbage', completed(task, { ok: true })];
  const bus = await startEchoBus(t, garbageFirst);
  const own = await submit(bus, ['echo', '--wait']);
  assert.equal(own.code, 1);
  for (const flag of ['--wait', '--trace']) {
    const shared = await submit(bus, ['echo', '--parent', 'goal-1', flag]);
    assert.equal(shared.code, 0, shared.stderr);
    assert.match(shared.stdout, /✓ echo completed/);
  }
});

test('a dry run of many sends nothing either', async (t) => {
  const bus = await busFor(t);
  const router = await bus.connect();
  let heard = 0;
  router.subscribe('heddle.tasks.incoming', () => {
    heard += 1;
  });
  await router.flush();
  const run = await submit(bus, ['echo', '--count', '3', '-n']);
  await router.flush();
  assert.equal(run.code, 2);
  assert.equal(heard, 0);
});

test('with -v a plain receipt says what "heard" is worth', async (t) => {
  const bus = await busFor(t);
  const watcher = await bus.connect();
  watcher.subscribe('heddle.>', () => {});
  await watcher.flush();
  const run = await submit(bus, ['echo', '-v']);
  assert.equal(run.code, 0);
  assert.match(run.stderr, /heard by somebody, after .*\na watcher counts as somebody; --verify tells/);
});

test('--dry-run prints the exact message, and needs no bus', async () => {
  const run = await submit(undefined, ['echo', '--set', 'a.b=x', '--task-id', 't1', '--direct', '-n']);
  assert.equal(run.code, 0);
  assert.match(run.stderr, /would publish .* on heddle\.tasks\.echo\.standard; nothing was sent/);
  assert.deepEqual(JSON.parse(run.stdout).payload, { a: { b: 'x' } });
  const machine = await submit(undefined, ['echo', '--payload', '{"a":1.0}', '-n', '-o', 'json']);
  assert.ok(machine.stdout.includes('"payload":{"a":1.0}'), machine.stdout);
  assertKeepsSchema('submit', JSON.parse(machine.stdout));
});

test('payloads from files and stdin', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-submit-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'task.json'), '{\n  "a": 1.0\n}\n');
  const payload = async (argv: string[], stdin?: string | Uint8Array): Promise<string> => {
    const run = await submit(undefined, ['echo', ...argv, '-n', '-o', 'json'], {
      cwd: folder,
      ...(stdin === undefined ? {} : { stdin }),
    });
    assert.equal(run.code, 0, run.stdout);
    return JSON.stringify(JSON.parse(run.stdout).message.payload);
  };
  assert.equal(await payload(['--payload', '@task.json']), '{"a":1}');
  assert.equal(await payload(['--payload', '-'], '{"b":2}'), '{"b":2}');
  assert.equal(
    await payload(['--payload', '@task.json', '--set', 'c=3', '--set-json', 'd=4']),
    '{"a":1,"c":"3","d":4}',
  );
  const missing = await submit(undefined, ['echo', '--payload', '@nope.json'], { cwd: folder });
  assert.deepEqual([missing.code, /there is no such file/.test(missing.stderr)], [2, true]);
  const folderRead = await submit(undefined, ['echo', '--payload', '@.'], { cwd: folder });
  assert.equal(folderRead.code, 2);
  const binary = await submit(undefined, ['echo', '--payload', '-'], { stdin: new Uint8Array([0xff, 0xfe]) });
  assert.deepEqual([binary.code, /not UTF-8/.test(binary.stderr)], [1, true]);
});

test('--config refuses a wrong payload before anything is connected, and gives the tier', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-submit-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const config = [
    'name: echo',
    'worker_kind: processor',
    'default_model_tier: local',
    'input_schema:',
    '  type: object',
    '  required: [text]',
    '  properties:',
    '    text: {type: string, maxLength: 5}',
    '    n: {type: integer}',
  ].join('\n');
  writeFileSync(join(folder, 'echo.yaml'), config);
  const run = (argv: string[]): Promise<CliRun> =>
    submit(undefined, [...argv, '--config', 'echo.yaml'], { cwd: folder });
  const refused = await run(['echo', '--set-json', 'n=1.5']);
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /error: the payload breaks the schema of "echo":\n {2}\/text: input: missing required field 'text'\n {2}\/n: input\.n: expected integer\n {2}hint: Nothing was sent/,
  );
  const float = await run(['echo', '--payload', '{"text":"x","n":1.0}', '-n']);
  assert.deepEqual(
    [float.code, /\/n: input\.n: expected integer/.test(float.stderr)],
    [1, true],
    '1.0 is no integer for Heddle',
  );
  const lenient = await run(['echo', '--set', 'text=too long', '-n', '-o', 'json']);
  assert.equal(lenient.code, 0, 'Heddle looks at types only');
  assert.equal(JSON.parse(lenient.stdout).message.model_tier, 'local');
  const strict = await run(['echo', '--set', 'text=too long', '--strict']);
  assert.deepEqual([strict.code, /\/text: must NOT have more than 5 characters/.test(strict.stderr)], [1, true]);
  const named = await run(['--set', 'text=x', '-n', '-o', 'json']);
  assert.equal(JSON.parse(named.stdout).message.worker_type, 'echo');
  const absent = await submit(undefined, ['echo', '--config', 'nope.yaml'], { cwd: folder });
  assert.deepEqual([absent.code, /nope\.yaml/.test(absent.stderr)], [2, true]);
});

test('a trace is joined, begun, or left out', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const trace = async (argv: string[], env = {}): Promise<Record<string, string> | undefined> => {
    const run = await submit(undefined, ['echo', '-n', '-o', 'json', ...argv], { env });
    assert.equal(run.code, 0, run.stdout);
    return JSON.parse(run.stdout).message._trace_context;
  };
  assert.equal(await trace([]), undefined);
  assert.deepEqual(await trace(['--trace-parent', traceparent]), { traceparent });
  assert.deepEqual(await trace([], { TRACEPARENT: traceparent, TRACESTATE: 'a=b' }), {
    traceparent,
    tracestate: 'a=b',
  });
  assert.equal(await trace([], { TRACEPARENT: 'nonsense' }), undefined);
  assert.match((await trace(['--new-trace']))?.traceparent ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  const wrong = await submit(undefined, ['echo', '--trace-parent', 'nonsense']);
  assert.deepEqual([wrong.code, /is no W3C traceparent/.test(wrong.stderr)], [2, true]);
});

test('what contradicts itself, or cannot be meant, is exit 2', async () => {
  const cases: readonly [argv: string[], words: RegExp][] = [
    [[], /needs a worker type, or --goal/],
    [['a b'], /worker type "a b" holds white space/],
    [['echo', '--goal', 'x'], /a goal is addressed to no worker/],
    [['--goal', 'x', '--set', 'a=b'], /--goal and --set cannot be used together/],
    [['--goal', 'x', '--context', 'novalue'], /--context must be key=value, got: novalue/],
    [['echo', '--context', 'a=b'], /--context needs --goal/],
    [['echo', '--strict'], /--strict needs --config/],
    [['echo', '--rate', '5/s'], /--rate needs --jsonl or --count/],
    [['echo', '--count', '0'], /no whole number/],
    [['echo', '--count', '5', '--trace'], /--count and --trace/],
    [['echo', '--jsonl', 'x', '--set', 'a=b'], /--jsonl and --set/],
    [['echo', '--wait', 'soon'], /--wait: "soon" is not a duration/],
    [['echo', '--wait', '--allow-unheard'], /--allow-unheard and --wait/],
    [['echo', '--tier', 'gpu'], /tier/],
    [['echo', '--parent', 'a..b'], /parent task id "a\.\.b"/],
    [['--goal', 'x', '--goal-id', 'a b'], /goal id "a b"/],
    [['echo', '--task-id', ''], /the task id is empty/],
    [['echo', '--parent', ''], /the parent task id is empty/],
    [['echo', '--count', '2', '--dry-run'], /--count and --dry-run/],
    [['echo', '--wait', '--concurrency', '4'], /--concurrency needs --jsonl or --count/],
    [['echo', '--count', '2', '--journal', 'j', '--retry-failed'], /--retry-failed needs --wait/],
    [['echo', '--output-only', '--allow-unheard'], /--allow-unheard and --output-only/],
    [['echo', '--count', '2', '--output-only', '--resend-uncertain'], /--resend-uncertain and --output-only/],
    [['echo', '--trace', '--verify'], /--verify and --trace.*\n.*--trace asks the servers/],
    [['--jsonl', '-', '--tier', 'local'], /--tier needs a worker type: without one every line is a whole TaskMessage/],
    [['--jsonl', '-', '--metadata', 'a=b'], /--metadata needs a worker type/],
    [['--wait', 'echo'], /needs a worker type.*\n.*--wait took "echo" as its duration/],
  ];
  for (const [argv, words] of cases) {
    const run = await submit(undefined, argv);
    assert.equal(run.code, 2, `${argv}: ${run.stderr}`);
    assert.match(run.stderr, words, `${argv}`);
    assert.equal(run.stdout, '');
  }
});

test('no server, a forbidden subject, a message too large: nothing half-done', async (t) => {
  const down = await submit(undefined, ['echo', '--wait']);
  assert.equal(down.code, 3);
  assert.equal(down.stdout, '');
  const users = [{ user: 'p', password: 'p', permissions: { publish: { deny: ['heddle.>'] } } }];
  const bus = await busFor(t, { users, maxPayload: 3000 });
  const env = { NATS_USER: 'p', NATS_PASSWORD: 'p' };
  const forbidden = await submit(bus, ['echo'], { env });
  assert.deepEqual([forbidden.code, forbidden.stdout], [3, '']);
  assert.match(forbidden.stderr, /heddle\.tasks\.incoming/);
  const large = await submit(bus, ['echo', '--set', `text=${'x'.repeat(4000)}`], { env });
  assert.deepEqual([large.code, large.stdout], [1, '']);
});

test('text from the bus cannot act on the terminal', async (t) => {
  const bus = await startEchoBus(t, (task) => [
    {
      ...completed(task, { '\u001b[31m': '\u202egnp.exe\u0007' }),
      status: 'failed',
      error: '\u001b]0;owned\u0007\nsecond line',
    },
  ]);
  const run = await submit(bus, ['echo', '--wait']);
  assert.equal(run.code, 1);
  assert.doesNotMatch(run.stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  const machine = await submit(bus, ['echo', '--wait', '-o', 'json']);
  assert.deepEqual(documents(machine)[1]?.error, '\u001b]0;owned\u0007\nsecond line');
});

test('NaN from a Python worker does not break the JSON', async (t) => {
  const bus = await startEchoBus(t, (task) => [
    JSON.stringify(completed(task, { score: 'here', big: 'there' }))
      .replace('"here"', 'NaN')
      .replace('"there"', '9007199254740993'),
  ]);
  const run = await submit(bus, ['echo', '--wait', '-o', 'json']);
  assert.deepEqual(documents(run)[1]?.output, { score: null, big: 9007199254740992 });
});

test('numbers of the answer keep every digit', async (t) => {
  const bus = await startEchoBus(t, (task) => [
    JSON.stringify(completed(task, { big: 'here' })).replace('"here"', '9007199254740993'),
  ]);
  assert.match((await submit(bus, ['echo', '--wait', '-o', 'json'])).stdout, /"big":9007199254740993/);
  assert.equal((await submit(bus, ['echo', '--output-only'])).stdout, '{"big":9007199254740993}\n');
});

test('an interrupt while waiting: 130, and how to look further', async (t) => {
  const bus = await startEchoBus(t, hanging);
  const { io, exit } = startCli(['submit', 'echo', '--wait'], { env: { NATS_URL: bus.url } });
  await io.seen(/^[0-9a-f-]{36}\n/);
  io.signal('SIGINT');
  assert.equal(await exit, 130);
  assert.match(io.err(), /interrupted while waiting for task .*; it may still run/);
});

test('a lost connection while waiting is reported, and the wait goes on', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect('router', { reconnect: true }));
  const worker = await bus.connect('worker', { reconnect: true });
  let answer: () => void = () => {};
  const begun = new Promise<void>((resolve) =>
    startWorker(worker, (task) => {
      answer = () =>
        worker.publish(`heddle.results.${task.parent_task_id}`, JSON.stringify(completed(task, { late: true })));
      resolve();
      return [];
    }),
  );
  await worker.flush();
  const again = startCli(['submit', 'echo', '--wait'], { env: { NATS_URL: bus.url } });
  await begun;
  const back = new Promise<void>((resolve) => worker.onEvent((event) => event.kind === 'reconnected' && resolve()));
  bus.broker.dropConnections();
  await Promise.all([back, again.io.seen(/reconnected to/)]);
  // Back, and the server has taken the subscriptions again: the answer, the dead letters, the inbox.
  const subscribed = (): number =>
    bus.broker.connections().find((each) => each.name === 'heddle-ts submit')?.subscriptions ?? 0;
  while (subscribed() < 3) await new Promise((resolve) => setImmediate(resolve));
  answer();
  assert.equal(await again.exit, 0, again.io.err());
  assert.match(again.io.err(), /warning: the connection to .* was lost.*\n(?:.*\n)*reconnected to/);
  assert.match(again.io.out(), /"late": true/);
});
