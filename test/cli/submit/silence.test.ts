import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TaskMessage } from '../../../src/contract/messages.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { type CliRun, type FakeIoOptions, runCli, startCli } from '../../helpers/fake-io.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../../helpers/nats-server.ts';
import { assertKeepsSchema } from '../../helpers/output-schema.ts';
import { wire } from '../../helpers/wire.ts';
import { act } from '../../preflight/actors.ts';
import { type Bus, busFor, completed, echo, hanging, startRouter, startWorker } from '../../submit/actors.ts';

noLeaks();

const submit = (url: string, argv: readonly string[], options: FakeIoOptions = {}): Promise<CliRun> =>
  runCli(['submit', ...argv], { ...options, env: { NATS_URL: url } });

/** Answers as it likes, on whatever subject. */
type Answer = (task: Required<TaskMessage>) => readonly (readonly [subject: string, result: object])[];

async function answering(t: TestContext, answer: Answer, { queue = 'processors-echo' } = {}): Promise<Bus> {
  const bus = await busFor(t);
  await startRouter(await bus.connect('router'));
  await worker(await bus.connect('worker'), answer, queue);
  return bus;
}

async function worker(transport: Transport, answer: Answer, queue: string): Promise<void> {
  transport.subscribe(
    'heddle.tasks.echo.standard',
    ({ data }) => {
      const task = JSON.parse(Buffer.from(data).toString()) as Required<TaskMessage>;
      for (const [subject, result] of answer(task)) transport.publish(subject, JSON.stringify(result));
    },
    { queue },
  );
  await transport.flush();
}

const STRAYS: readonly { what: string; answer: Answer; says: RegExp }[] = [
  {
    what: 'on the subject of nobody',
    answer: (task) => [['heddle.results.default', completed(task, {})]],
    says: /"echo" answered \(completed\) at [\d.]+ ms on heddle\.results\.default, and that counts for nobody: it belongs on heddle\.results\.[0-9a-f-]{36}\n/,
  },
  {
    what: 'on a subject of its own making, with more tokens',
    answer: (task) => [[`heddle.results.${task.task_id}.done`, completed(task, {})]],
    says: /on heddle\.results\.[0-9a-f-]{36}\.done, and that counts for nobody: it belongs on/,
  },
  {
    what: 'under another task id',
    answer: (task) => [[`heddle.results.${task.parent_task_id}`, completed({ ...task, task_id: 'another' }, {})]],
    says: /on heddle\.results\.[0-9a-f-]{36}, and that counts for nobody: it names the task "another", not ours\n/,
  },
  {
    what: 'elsewhere, and as no result',
    answer: (task) => [['heddle.results.default', { task_id: task.task_id, worker_type: 'echo', status: 'done' }]],
    says: /"echo" answered \(done\) .* it belongs on .*; besides, it is no result: \/status/,
  },
];

for (const { what, answer, says } of STRAYS) {
  test(`an answer ${what}: where it came, and why it is none`, async (t) => {
    const bus = await answering(t, answer);
    const from = performance.now();
    const traced = await submit(bus.url, ['echo', '--trace']);
    assert.ok(performance.now() - from < 3000, 'the trace does not wait for its whole time');
    assert.equal(traced.code, 1);
    assert.match(traced.stdout, /ms {2}astray +/);
    assert.match(traced.stderr, says);
    assert.match(traced.stderr, /hint: The worker must be mended: a result goes to heddle\.results\.<parent_task_id/);
    assert.doesNotMatch(traced.stderr, /did not answer yet|may still run/);
    const waited = await submit(bus.url, ['echo', '--wait', '300ms']);
    assert.deepEqual([waited.code, says.test(waited.stderr)], [124, true], waited.stderr);
    const json = await submit(bus.url, ['echo', '--trace', '-o', 'json']);
    const [, timeline] = json.stdout.split('\n').map((line) => line && (JSON.parse(line) as object));
    assertKeepsSchema('submit', timeline);
  });
}

test('an answer astray ends nothing while another worker may still give the right one', async (t) => {
  const bus = await answering(t, (task) => [['heddle.results.default', completed(task, {})]]);
  const slow: Answer = (task) => [[`heddle.results.${task.parent_task_id}`, completed(task, {})]];
  const second = await bus.connect('slow');
  second.subscribe(
    'heddle.tasks.echo.standard',
    ({ data }) => {
      const task = JSON.parse(Buffer.from(data).toString()) as Required<TaskMessage>;
      for (const [subject, result] of slow(task))
        setTimeout(() => second.publish(subject, JSON.stringify(result)), 800);
    },
    { queue: 'workers-echo' },
  );
  await second.flush();
  assert.equal((await submit(bus.url, ['echo', '--trace'])).code, 0);
});

test('who shares the subject of the answer with others is not told that theirs are his', async (t) => {
  const bus = await answering(t, (task) => [
    [`heddle.results.${task.parent_task_id}`, completed({ ...task, task_id: 'of somebody else' }, {})],
  ]);
  const { stdout, stderr } = await submit(bus.url, ['echo', '--trace', '--parent', 'shared', '--wait', '200ms']);
  assert.doesNotMatch(stdout + stderr, /astray|somebody else/);
});

test('--wait says at its end where it stopped; --trace names itself no more as the way to learn it', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect('router'), { overrides: { echo: 'local' } });
  await startWorker(await bus.connect('worker'), echo);
  const { code, stderr } = await submit(bus.url, ['echo', '--wait', '100ms']);
  assert.equal(code, 124);
  assert.match(
    stderr,
    /no answer to task .* within 100ms; routed to heddle\.tasks\.echo\.local at .*; nobody listens there; the worker listens on heddle\.tasks\.echo\.standard\n {2}hint: The router that took it sends it there whatever tier it asks for: start the worker with --tier local, or change tier_overrides/,
  );
  // Where the router overrides nothing that shows, it may do so all the same.
  const direct = await submit(bus.url, ['echo', '--direct', '--tier', 'frontier', '--wait', '100ms']);
  assert.match(direct.stderr, /no worker listens on heddle\.tasks\.echo\.frontier/);
});

test('an interrupted trace does not advise to trace', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect('router'));
  await startWorker(await bus.connect('worker'), hanging);
  const { io, exit } = startCli(['submit', 'echo', '--trace'], { env: { NATS_URL: bus.url } });
  await io.seen(/routed/);
  io.signal('SIGINT');
  assert.equal(await exit, 130);
  assert.match(io.err(), /Who listens: 'heddle-ts status'; a late answer: 'heddle-ts tail --task [0-9a-f-]+'\./);
});

test('a misspelt worker: what is meant, by the map and by the configs of the folder', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect('router'));
  await startWorker(await bus.connect('worker'), echo);
  const traced = await submit(bus.url, ['ehco', '--trace']);
  assert.match(
    traced.stderr,
    /routed to heddle\.tasks\.ehco\.standard at .*; nobody listens there; did you mean "echo"\?/,
  );

  const cwd = mkdtempSync(join(tmpdir(), 'heddle-silence-'));
  t.after(() => rmSync(cwd, { recursive: true, force: true }));
  mkdirSync(join(cwd, 'configs', 'workers'), { recursive: true });
  const config = 'name: summarizer\nworker_kind: processor\nprocessing_backend: app.S\n';
  writeFileSync(join(cwd, 'configs', 'workers', 'summarizer.yaml'), config);
  const waited = await submit(bus.url, ['sumarizer', '--wait', '100ms'], { cwd });
  assert.match(waited.stderr, /nobody listens there; did you mean "summarizer"\?/);
});

test('two routers and a tier where nobody is: that their rules may differ is said', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect('router of A'), { overrides: { echo: 'local' } });
  await startRouter(await bus.connect('router of B'), { overrides: { echo: 'local' } });
  await startWorker(await bus.connect('worker'), echo);
  const { stderr } = await submit(bus.url, ['echo', '--trace']);
  assert.match(stderr, /2 routers share the tasks and may go by different rules: .*"router of A".*"router of B"/);
});

test('no answer in three seconds: who has it since when, once, and the wait goes on', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect('router'));
  await startWorker(await bus.connect('worker'), hanging);
  const { io, exit } = startCli(['submit', 'echo', '--wait', '4s'], { env: { NATS_URL: bus.url } });
  await io.seen(/routed to heddle\.tasks\.echo\.standard/, 3800);
  const told =
    /routed to heddle\.tasks\.echo\.standard at [\d.]+ ms; a worker listens there and did not answer yet; on heddle\.tasks\.echo\.standard: "worker" at 127\.0\.0\.1:\d+ has it since then \(See the log of the worker: it may be at work, hang, or be stopped\.\)\n/;
  assert.match(io.err(), told);
  assert.equal(await exit, 124);
  assert.equal(io.err().split('(See the log').length, 2);
});

test('second answers to a goal are told by the names in them and by who takes goals', async (t) => {
  const bus = await busFor(t);
  const taker = async (name: string, queue: string): Promise<void> => {
    const transport = await bus.connect(name);
    transport.subscribe(
      'heddle.goals.incoming',
      ({ data }) => {
        const { goal_id } = JSON.parse(Buffer.from(data).toString()) as { goal_id: string };
        const answer = { task_id: goal_id, worker_type: name, status: 'completed', output: {} };
        transport.publish(`heddle.results.${goal_id}`, JSON.stringify(answer));
      },
      { queue },
    );
    await transport.flush();
  };
  await taker('report', 'pipelines');
  await taker('planner', 'orchestrators');
  const { stderr } = await submit(bus.url, ['--goal', 'go', '--wait']);
  assert.match(
    stderr,
    /a second answer to .*: the work was done twice: "(report|planner)" and "(report|planner)" both answered: heddle\.goals\.incoming is taken by 1 in the queue group "orchestrators" and 1 in the queue group "pipelines"\n/,
  );
  assert.doesNotMatch(stderr, /two routers/);
});

test('second answers to a task are told by its two groups of workers, or its two routers', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect('router'));
  await startWorker(await bus.connect('a'), echo);
  await startWorker(await bus.connect('b'), echo, { queue: 'workers-echo' });
  const groups = await submit(bus.url, ['echo', '--wait']);
  assert.match(
    groups.stderr,
    /done twice: heddle\.tasks\.echo\.standard is taken by 1 in the queue group "processors-echo" and 1 in the queue group "workers-echo"\n/,
  );
  const other = await busFor(t);
  await startRouter(await other.connect('router'), { queue: null });
  await startRouter(await other.connect('router'), { queue: null });
  await startWorker(await other.connect('a'), echo);
  const routers = await submit(other.url, ['echo', '--wait']);
  assert.match(routers.stderr, /done twice: heddle\.tasks\.incoming is taken by 2 outside any queue group\n/);
});

const FAILED: readonly { error: string; says: RegExp }[] = [
  { error: "'output'", says: /bare text of a Python exception, a KeyError: "output" was looked up.*The worker's log/ },
  { error: "'customer id'", says: /bare text of a Python exception, as a rule of a KeyError/ },
  { error: 'nats: maximum payload exceeded', says: /larger than a message may be \(max_payload.*raise max_payload/ },
  {
    error: "Pipeline error (TypeError): object of type 'int' has no len()",
    says: /started with 'heddle pipeline' of heddle-ai 0\.9\.2.*structlog\.reset_defaults\(\)/,
  },
];

test('errors that do not say what they are: what they stand for', async (t) => {
  let error = '';
  const bus = await answering(t, (task) => [
    [`heddle.results.${task.parent_task_id}`, { ...completed(task, {}), status: 'failed', output: null, error }],
  ]);
  for (const { error: text, says } of FAILED) {
    error = text;
    const { code, stdout, stderr } = await submit(bus.url, ['echo', '--wait']);
    assert.deepEqual([code, stdout.includes(text)], [1, true]);
    assert.match(stderr, says);
  }
  error = 'Input validation: ["input: missing required field \'x\'"]';
  assert.equal((await submit(bus.url, ['echo', '--wait'])).stderr, '');
});

test('a goal that timed out over a stage: whose worker is not there', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect('router'));
  const pipeline = await bus.connect('pipeline');
  pipeline.subscribe(
    'heddle.goals.incoming',
    ({ data }) => {
      const { goal_id } = JSON.parse(Buffer.from(data).toString()) as { goal_id: string };
      const stage = {
        task_id: 's1',
        parent_task_id: goal_id,
        worker_type: 'summarise',
        payload: {},
        model_tier: 'local',
      };
      pipeline.publish('heddle.tasks.incoming', JSON.stringify(stage));
      const error = "Stage 'summarise' timed out after 0.1s";
      const answer = { task_id: goal_id, worker_type: 'report', status: 'failed', output: null, error };
      setTimeout(() => pipeline.publish(`heddle.results.${goal_id}`, JSON.stringify(answer)), 100);
    },
    { queue: 'pipelines' },
  );
  await pipeline.flush();
  const { code, stderr } = await submit(bus.url, ['--goal', 'go', '--wait']);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /the stage for "summarise" was routed to heddle\.tasks\.summarise\.local at [\d.]+ ms; nobody listens there \(Start one that serves "summarise"/,
  );
});

const skip = skipWithoutNatsServer();

test('a frozen server, and a dead one: the connection is what is wrong, not the worker', { skip }, async (t) => {
  for (const kill of ['SIGSTOP', 'SIGKILL'] as const) {
    const server = await natsServerFor(t);
    await startRouter(await act(t, server.url, { hears: [], name: 'router' }, { reconnect: true }));
    await startWorker(await act(t, server.url, { hears: [], name: 'worker' }, { reconnect: true }), hanging);
    const { io, exit } = startCli(['submit', 'echo', '--wait', '1s'], { env: { NATS_URL: server.url } });
    await io.seen(/^[0-9a-f-]{36}\n/);
    process.kill(server.pid, kill);
    const from = performance.now();
    assert.equal(await exit, 3, io.err());
    assert.ok(performance.now() - from < 3000);
    if (kill === 'SIGSTOP') process.kill(server.pid, 'SIGCONT');
    assert.match(
      io.err(),
      kill === 'SIGSTOP'
        ? /no answer to task .* within 1s; nats:\/\/.* does not answer any more: no pong within 1 s\n {2}hint: The server is stopped/
        : /no answer to task .*; the connection to nats:\/\/.* was lost, and is not back/,
    );
    assert.doesNotMatch(io.err(), /a worker listens there|may still run/);
  }
});

const NARROW = `authorization { users: [
  { user: router, password: pw }
  { user: ada, password: pw, permissions: { publish: { allow: [heddle.tasks.incoming, heddle.goals.incoming] }
    subscribe: { allow: ["heddle.results.*", "_INBOX.>"] } } } ] }`;

test('who may not look on is not told that nobody did anything', { skip }, async (t) => {
  const { url } = await natsServerFor(t, { config: NARROW });
  const as = (user: string): string => url.replace('//', `//${user}:pw@`);
  const actor = (name: string): Promise<Transport> =>
    act(t, url, { hears: [], name }, { auth: { user: 'router', password: 'pw' } });
  await startRouter(await actor('router'), { overrides: { echo: 'local' } });
  const { stderr } = await submit(as('ada'), ['echo', '--wait', '300ms']);
  assert.match(
    stderr,
    /published on heddle\.tasks\.incoming; its way cannot be seen, because this user may not subscribe to heddle\.tasks\.echo\.\*, and no answer came; who listens is not known/,
  );
  assert.doesNotMatch(stderr, /no router passed it on/);
  assert.equal(stderr.split('refusals by the router cannot be heard').length, 2);
  const pipeline = await actor('pipeline');
  pipeline.subscribe('heddle.goals.incoming', () => {}, { queue: 'pipelines' });
  await pipeline.flush();
  const goal = await submit(as('ada'), ['--goal', 'go', '--wait', '300ms']);
  assert.match(goal.stderr, /published on heddle\.goals\.incoming; its way cannot be seen, because/);
  assert.doesNotMatch(goal.stderr, /no stage was started/);
  await startWorker(await actor('worker'), echo, { tier: 'local' });
  assert.equal((await submit(as('ada'), ['echo', '--wait'])).code, 0);
});

test('a worker whose process is stopped: what waits for it in the server tells', { skip }, async (t) => {
  const server = await natsServerFor(t);
  await startRouter(await act(t, server.url, { hears: [], name: 'router' }));
  const stopped = await wire(server.port);
  t.after(() => stopped.hangUp());
  stopped.say('CONNECT {"lang":"python3","version":"2.16.0","protocol":1,"verbose":false}\r\n');
  stopped.say('SUB heddle.tasks.echo.standard processors-echo 1\r\n');
  await stopped.sync();
  stopped.socket.pause();
  const sender = await act(t, server.url, { hears: [] });
  // More than both ends of a socket take in.
  for (let count = 0; count < 24; count += 1) {
    sender.publish('heddle.tasks.echo.standard', 'x'.repeat(1_000_000));
    await sender.flush();
  }
  const { code, stderr } = await submit(server.url, ['echo', '--wait', '500ms']);
  assert.equal(code, 124);
  assert.match(
    stderr,
    /a worker listens there and did not answer yet; .* has it since then; [\d.]+ MiB wait in the server for python3 2\.16\.0 at [\d.:]+: it is stopped, or reads too slowly\n {2}hint: See the log of the worker/,
  );
});
