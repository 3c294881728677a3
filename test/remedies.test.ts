import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { COMMANDS } from '../src/cli/commands.ts';
import {
  type Advice,
  buildTopology,
  compilePattern,
  connect,
  HeddleError,
  loadWorkerSettings,
  openHistory,
  patternsOf,
  preflightRound,
  prepareTask,
  problemsOf,
  type RoundOptions,
  readExpectation,
  readIgnored,
  readMonitor,
  readTopology,
  reportDocument,
  runDev,
  serveMetrics,
  splitCommand,
  startSidecar,
  statusDocument,
  type Transport,
  traceSubmission,
} from '../src/index.ts';
import { createMemoryBus, type Permissions } from '../src/testing.ts';
import { noLeaks } from './helpers/leaks.ts';
import { freePort } from './helpers/ports.ts';

noLeaks();

/** What a user of a program that stands on the SDK has no use for: our flags, long and short, and our commands. */
const OURS = new RegExp(`--[a-z]|(?<![\\w-])-[ov]\\b|heddle-ts (?:${COMMANDS.map(({ name }) => name).join('|')})\\b`);

const SOURCES = { now: () => 0, uuid: () => '00000000-0000-4000-8000-000000000000' };

function saysNothingOfOurs(said: unknown, what: string): void {
  // JSON leaves the message of an error out.
  const text =
    said instanceof HeddleError ? JSON.stringify([said.message, said.hint, said.remedy]) : JSON.stringify(said);
  const found = OURS.exec(text)?.[0];
  assert.equal(found, undefined, `${what} says ${found}: ${text}`);
}

const FAILURES: readonly {
  what: string;
  /** Undefined: a hint alone says what to do. */
  remedy: string | undefined;
  fails: (t: TestContext) => unknown;
}[] = [
  {
    what: 'nobody listens at the address',
    remedy: 'start-server',
    fails: async () => await connect({ servers: [`127.0.0.1:${await freePort()}`] }),
  },
  {
    what: 'the name does not exist',
    remedy: 'check-host',
    fails: async () => await connect({ servers: ['no-such-host.invalid'] }),
  },
  {
    what: 'a server that greets and hangs',
    remedy: 'raise-timeout',
    fails: async (t) => await connect({ servers: [await greeter(t, '')], timeoutMs: 200 }),
  },
  {
    what: 'a server that wants to know who we are',
    remedy: 'give-credentials',
    fails: async (t) => await connect({ servers: [await greeter(t, "-ERR 'Authorization Violation'\r\n")] }),
  },
  {
    what: 'a CA that is none',
    remedy: 'check-tls-setting',
    fails: async () => await connect({ servers: ['127.0.0.1:1'], tls: { ca: 'no PEM' } }),
  },
  {
    what: 'a certificate without its key',
    remedy: 'complete-client-certificate',
    fails: async () => await connect({ servers: ['127.0.0.1:1'], tls: { cert: 'no PEM' } }),
  },
  {
    what: 'a request that nobody answers',
    remedy: 'start-responder',
    fails: async (t) => await (await memory(t)).request('heddle.x', '', { timeoutMs: 100 }),
  },
  {
    what: 'a subject that is not allowed',
    remedy: 'allow-subject',
    fails: async (t) => {
      const bus = await memory(t, { publish: { deny: ['heddle.>'] } });
      bus.publish('heddle.tasks.incoming', '');
      await bus.flush();
    },
  },
  { what: 'a worker for a subject', remedy: 'follow-worker', fails: () => patternsOf({ subjects: ['echo'] }) },
  { what: 'a subject of others', remedy: 'allow-any-subject', fails: () => patternsOf({ subjects: ['orders.>'] }) },
  { what: 'a subject that is none', remedy: undefined, fails: () => patternsOf({ subjects: ['a..b'] }) },
  { what: 'a pattern that is none', remedy: undefined, fails: () => compilePattern('(', 'where') },
  {
    what: 'a past that nobody kept',
    remedy: 'make-stream',
    fails: async (t) => await openHistory(await memory(t), { patterns: ['heddle.>'], from: { last: 1 } }),
  },
  { what: 'a check that does not exist', remedy: 'name-check', fails: () => readIgnored('zzz') },
  { what: 'an expectation that is none', remedy: undefined, fails: () => readExpectation('luck') },
  { what: 'a command that never ends', remedy: 'write-command', fails: () => splitCommand('echo "') },
  {
    what: 'a worker config that is none',
    remedy: 'validate-config',
    fails: (t) => loadWorkerSettings(file(t, 'worker.yaml', 'name: 7\n')),
  },
  {
    what: 'a port of the sidecar that is taken',
    remedy: 'serve-elsewhere',
    fails: async (t) => {
      const signal = AbortSignal.abort();
      const round = (): Promise<never> => assert.fail('no round without a port');
      await startSidecar({ ...(await taken(t)), everyMs: 1000, round, passes: () => true, signal });
    },
  },
  {
    what: 'a port of the metrics that is taken',
    remedy: undefined,
    fails: async (t) => {
      const { host, port } = await taken(t);
      await serveMetrics(
        host,
        port,
        () => '',
        () => ({}),
      );
    },
  },
  {
    what: 'a port of the built-in bus that is taken',
    remedy: 'choose-free-port',
    fails: async (t) => await dev('builtin', (await taken(t)).port),
  },
  { what: 'a nats-server that is not installed', remedy: 'install-nats-server', fails: () => dev('nats-server', 0) },
];

for (const { what, remedy, fails } of FAILURES) {
  test(`an error of the SDK: ${what}`, async (t) => {
    const error = await Promise.resolve()
      .then(() => fails(t))
      .catch((thrown: unknown) => thrown);
    assert.ok(error instanceof HeddleError, `${String(error)}`);
    assert.equal(error.remedy?.do, remedy, error.message);
    saysNothingOfOurs(error, what);
  });
}

test('problems of a bus and their document', () => {
  const empty = buildTopology([]);
  const problems = problemsOf(empty);
  assert.deepEqual(
    problems.map(({ remedy }) => remedy?.do),
    ['start-router', 'start-goal-taker', 'record-dead-letters'],
  );
  saysNothingOfOurs(problems, 'a problem');
  const document = statusDocument(empty, undefined) as { problems: { hint: string }[] };
  assert.deepEqual(
    document.problems.map(({ hint }) => hint),
    ['start-router', 'start-goal-taker', 'record-dead-letters'],
    'without words of the caller the names stand in the document',
  );
  const words = ({ remedy }: Advice): string => (remedy?.do === 'start-router' ? 'Start the blue one.' : '-');
  const worded = statusDocument(empty, undefined, words) as typeof document;
  assert.equal(worded.problems[0]?.hint, 'Start the blue one.');
});

test('a map that cannot be had', async (t) => {
  const unserved = await readTopology(await memory(t), { timeoutMs: 200 });
  const refused = await readTopology(await memory(t, { publish: { deny: ['$SYS.>'] } }), { timeoutMs: 200 });
  const nowhere = await readMonitor(['http://127.0.0.1:1'], { timeoutMs: 200 });
  for (const map of [unserved, refused, nowhere]) {
    assert.ok(!map.known);
    saysNothingOfOurs(map, map.reason);
  }
});

test('a task that nobody takes', async (t) => {
  const bus = await memory(t);
  const map = buildTopology([]);
  // Somebody hears the task, and the map knows nobody: it is worth asking what is missing.
  bus.subscribe('heddle.tasks.incoming', () => {});
  await bus.flush();
  const prepared = prepareTask({ workerType: 'echo', parentId: 'p', payload: {} }, SOURCES);
  const { missing } = await traceSubmission(bus, prepared, { timeoutMs: 400, quietMs: 20, readMap: async () => map });
  assert.deepEqual(missing?.remedy, { do: 'start-router', missed: 'by-task' });
  saysNothingOfOurs(missing, 'a missing hop');
});

test('findings of the checks and their document', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-sdk-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const configs = ['no-mapping.yaml', 'odd.yaml', 'echo.yaml'].map((name) => join(folder, name));
  writeFileSync(configs[0]!, '- a list\n');
  writeFileSync(configs[1]!, 'nothing: known\n');
  writeFileSync(configs[2]!, 'name: echo\nworker_kind: processor\nprocessing_backend: a.B\n');
  const memoryBus = createMemoryBus();
  t.after(() => memoryBus.close());
  const port = await freePort();
  const rounds = [
    await preflightRound(roundOptions([...configs, folder], port, () => connect({ servers: [`127.0.0.1:${port}`] }))),
    await preflightRound(roundOptions(configs, port, () => memoryBus.connect())),
  ];
  const findings = rounds.flatMap(({ results }) => results.flatMap((result) => result.findings));
  assert.ok(findings.length > 8, `${findings.length} findings`);
  for (const finding of findings) {
    assert.ok(finding.hint !== undefined || finding.remedy !== undefined, `what to do: ${finding.problem}`);
    saysNothingOfOurs([finding.problem, finding.hint, finding.remedy], 'a finding');
  }
  for (const report of rounds) {
    const { checks } = reportDocument(report, false) as { checks: { findings: unknown }[] };
    for (const check of checks) saysNothingOfOurs(check.findings, 'a report');
  }
});

function roundOptions(configs: readonly string[], port: number, open: () => Promise<Transport>): RoundOptions {
  return {
    ask: {
      rttWarnMs: 0,
      tiers: ['frontier'],
      probeBackends: false,
      expectations: ['router', 'pipeline', 'jetstream', 'worker:echo.local:2'].map(readExpectation),
      configs,
      smoke: { type: 'echo', tier: undefined, payload: undefined, timeoutMs: 100 },
      timeoutMs: 1000,
    },
    settings: { rows: [], problems: [], warnings: [], envFile: undefined },
    env: { get: () => undefined, isEmpty: () => false },
    servers: [{ address: `127.0.0.1:${port}`, label: `nats://127.0.0.1:${port}`, host: '127.0.0.1', port }],
    connect: open,
    tls: undefined,
    sources: SOURCES,
    home: '',
    resolve: (path) => path,
    selection: { expectations: [], ignored: [] },
  };
}

async function memory(t: TestContext, permissions?: Permissions): Promise<Transport> {
  const users = permissions === undefined ? undefined : [{ user: 'u', password: 'p', permissions }];
  const bus = createMemoryBus({ users });
  t.after(() => bus.close());
  return await bus.connect({ auth: { user: 'u', password: 'p' } });
}

/** Says who it is, and to the first word of a client what is given. */
async function greeter(t: TestContext, answer: string): Promise<string> {
  const server = createTcp((socket) => {
    t.after(() => socket.destroy());
    socket.on('error', () => {});
    socket.write('INFO {"server_id":"x","version":"2.9.0","headers":true,"max_payload":1048576}\r\n');
    if (answer !== '') socket.once('data', () => socket.end(answer));
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function taken(t: TestContext): Promise<{ host: string; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

function file(t: TestContext, name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-sdk-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

function dev(bus: string, port: number): Promise<unknown> {
  const rules = { rateLimits: new Map(), tierOverrides: new Map() };
  const open = (): Promise<never> => assert.fail('there is no bus to connect to');
  return runDev({
    bus,
    port,
    cwd: tmpdir(),
    env: { PATH: '' },
    platform: process.platform,
    workers: [],
    rules,
    connect: open,
    log: () => {},
  });
}
