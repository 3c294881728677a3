import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { permissionsOf, ROLES, type Role } from '../../src/contract/roles.ts';
import { connect } from '../../src/transport/nats.ts';
import { covers } from '../../src/transport/permissions.ts';
import { listen } from '../gateway/sse.ts';
import { startGateway } from '../gateway/start.ts';
import { poll, resolve, until } from '../gateway/workers/kit.ts';
import { type CliRun, runCli, startCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { findNewestNatsServer, type NatsServer, natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { assertKeepsSchema } from '../helpers/output-schema.ts';
import { startPipeline } from '../submit/actors.ts';

noLeaks();
const skip = skipWithoutNatsServer();
const newest = findNewestNatsServer();
/** Rights are the server's, and its generations count answers differently. */
const NATS_SERVERS = [
  { name: 'nats-server', program: undefined, skip },
  { name: 'the newest nats-server', program: newest, skip: newest === undefined && 'no newer nats-server is named' },
];

test('the roles that were asked for, in every format', async () => {
  const all = await runCli(['acl']);
  assert.deepEqual(
    [...all.stdout.matchAll(/user: "heddle-(\w+)"/g)].map(([, role]) => role),
    [...ROLES],
  );
  assert.deepEqual([all.code, all.stderr], [0, '']);
  const two = await runCli(['acl', '--role', 'router,worker', '-o', 'json']);
  const document = JSON.parse(two.stdout);
  assertKeepsSchema('acl', document);
  assert.deepEqual(
    document.roles.map(({ role, publish }: { role: string; publish: { deny: string[] } }) => [role, publish.deny]),
    [
      ['worker', []],
      ['router', ['heddle.tasks.incoming']],
    ],
  );
  const nsc = await runCli(['acl', '--role', 'router', '-o', 'nsc']);
  assert.equal(
    nsc.stdout,
    "nsc add user --name heddle-router --allow-pub 'heddle.tasks.>' --deny-pub 'heddle.tasks.incoming' --allow-sub 'heddle.tasks.incoming,heddle.control.reload,_INBOX.>'\n",
  );
});

test('of one worker, and of another inbox; what is no part of a subject is refused', async () => {
  const { stdout } = await runCli([
    'acl',
    '--role',
    'worker',
    '--worker-type',
    'a.b',
    '--inbox-prefix',
    'team.in',
    '-o',
    'nsc',
  ]);
  assert.match(stdout, /--allow-sub 'heddle\.tasks\.a\.b\.\*,heddle\.control\.reload,team\.in\.>'\n$/);
  for (const argv of [
    ['--worker-type', 'a b'],
    ['--worker-type', "a'b"],
    ['--worker-type', '*'],
    ['--inbox-prefix', 'a"b'],
  ]) {
    const { code, stderr } = await runCli(['acl', ...argv]);
    assert.equal(code, 2, argv.join(' '));
    assert.match(stderr, /is no part of a subject/);
  }
  assert.match((await runCli(['acl', '--role', 'wroker'])).stderr, /did you mean "worker"\?/);
});

test('a worker of any type may take the tasks of each, also of one with dots, and nothing else of tasks', () => {
  for (const role of ['worker', 'gateway'] as const) {
    const { subscribe } = permissionsOf(role);
    const hears = (subject: string): boolean =>
      subscribe.some((each) => each.subject.startsWith('heddle.tasks.*') && covers(each.subject, subject));
    for (const type of ['resize', 'a.b', 'a.b.c.d']) assert.ok(hears(`heddle.tasks.${type}.local`), type);
    for (const subject of ['heddle.tasks.incoming', 'heddle.tasks.dead_letter', 'heddle.tasks.>']) {
      assert.equal(hears(subject), false, subject);
    }
  }
});

test('no role may do what another one is for', () => {
  const publishes = (role: Role, subject: string): boolean => {
    const { publish, denyPublish } = permissionsOf(role);
    return publish.some((each) => covers(each.subject, subject)) && !denyPublish.some((each) => covers(each, subject));
  };
  const who = (subject: string): Role[] => ROLES.filter((role) => publishes(role, subject));
  assert.deepEqual(who('heddle.tasks.incoming'), ['pipeline', 'submitter', 'operator', 'gateway']);
  // A gateway gives back what no worker over HTTP took.
  assert.deepEqual(who('heddle.tasks.echo.local'), ['router', 'operator', 'gateway']);
  assert.deepEqual(who('heddle.tasks.dead_letter'), ['router', 'operator']);
  assert.deepEqual(who('heddle.results.order.42'), ['worker', 'pipeline', 'gateway']);
  assert.deepEqual(who('heddle.control.reload'), ['operator']);
  assert.deepEqual(who('heddle.goals.incoming'), ['submitter', 'operator', 'gateway']);
  assert.deepEqual(who('$JS.API.STREAM.DELETE.X'), ['operator', 'gateway']);
});

const GATEWAY = `
name: edge
console: true
store: {kind: required}
workers:
  types:
    kept: {mode: durable, lease_s: 30, tiers: [local]}
    thumb: {mode: core, lease_s: 1, tiers: [local]}
`;

interface Guarded {
  readonly server: NatsServer;
  /** Runs a command as the user of a role. */
  run(role: Role, argv: readonly string[]): Promise<CliRun>;
  start(role: Role, argv: readonly string[], atWork: RegExp): Promise<void>;
}

/** A server that allows what `heddle-ts acl` says, and nothing else. */
async function guarded(t: TestContext, program?: string): Promise<Guarded> {
  const { stdout } = await runCli(['acl']);
  const passwords = ROLES.map((role) => `HEDDLE_${role.toUpperCase()}_PASSWORD: "pw"\n`).join('');
  const config = `${passwords}${stdout}\njetstream { store_dir: "FOLDER/js" }\n`;
  const server = await natsServerFor(t, { config, program });
  const cwd = mkdtempSync(join(tmpdir(), 'heddle-acl-'));
  t.after(() => rmSync(cwd, { recursive: true, force: true }));
  const echo = 'name: echo\nworker_kind: processor\nprocessing_backend: app.echo.Echo\ndefault_model_tier: local\n';
  writeFileSync(join(cwd, 'echo.yaml'), echo);
  writeFileSync(join(cwd, 'rules.yaml'), 'tier_overrides: {}\nrate_limits: {}\n');
  const world = (role: Role) => ({
    cwd,
    home: cwd,
    env: { NATS_URL: server.url, NATS_USER: `heddle-${role}`, NATS_PASSWORD: 'pw' },
  });
  return {
    server,
    run: (role, argv) => runCli(argv, world(role)),
    start: async (role, argv, atWork) => {
      const { io, exit } = startCli(argv, world(role));
      t.after(async () => {
        io.signal('SIGTERM');
        assert.equal(await exit, 0, io.err());
      });
      await io.seen(atWork);
    },
  };
}

test('with these permissions every command works, and the server refuses nothing', { skip }, async (t) => {
  const { server, run, start } = await guarded(t);
  await start('router', ['router', '--config', 'rules.yaml'], /router on/);
  await start('worker', ['worker', '--config', 'echo.yaml', '--echo'], /worker echo/);
  const auth = { user: 'heddle-pipeline', password: 'pw' };
  const pipeline = await connect({ servers: [server.url], auth });
  t.after(() => pipeline.close());
  await startPipeline(pipeline, []);

  const works = async (role: Role, argv: readonly string[], says = /(?:)/, code = 0): Promise<void> => {
    const done = await run(role, argv);
    assert.equal(done.code, code, `${role}: ${argv.join(' ')}\n${done.stdout}${done.stderr}`);
    assert.match(done.stdout + done.stderr, says);
    assert.doesNotMatch(done.stdout + done.stderr, /may not|does not allow|cannot be heard|not known/);
  };
  const task = ['submit', 'echo', '--tier', 'local', '--set', 'text=x'];
  for (const role of ['submitter', 'gateway', 'operator'] as const) {
    if (role === 'gateway') await works(role, [...task, '--verify', '--wait', '5s'], /completed/);
    else await works(role, [...task, '--trace'], /routed/);
    await works(role, [...task, '--count', '20', '--wait', '5s'], /20 of 20 tasks completed/);
    if (role !== 'gateway') await works(role, ['submit', '--goal', 'go', '--wait', '5s'], /completed/);
    await works(role, ['preflight', '-o', 'short'], /ready/);
    await works(role, ['status'], /echo/);
  }
  await works('operator', [...task, '--direct', '--wait', '5s'], /completed/);
  await works('operator', ['preflight', '--smoke', 'echo.local', '--listen', '50ms', '-o', 'short'], /ready/);
  await works('operator', ['tail', '--for', '50ms', 'heddle.>']);
  await works('operator', ['reload', '--wait', '5s'], /delivered to all 2 actors/);
  assert.doesNotMatch(server.log(), /Violation/);
});

for (const { name, program, skip } of NATS_SERVERS) {
  test(`${name}: with its permissions a gateway does all that it does, and whoever asks it is answered`, {
    skip,
  }, async (t) => {
    const { server, run, start } = await guarded(t, program);
    await start('router', ['router', '--config', 'rules.yaml'], /router on/);
    const auth = { user: 'heddle-gateway', password: 'pw' };
    const bus = await connect({ servers: [server.url], auth, name: 'heddle-ts gateway edge', reconnect: true });
    t.after(() => bus.close());
    const gateway = await startGateway(t, bus, GATEWAY);
    const told = await listen(t, `${gateway.url}/v1/events?client_id=c`);
    const passing = await listen(t, `${gateway.url}/v1/bus/events?subject=heddle.%3E`);
    const send = async (type: string): Promise<void> => {
      const task = { worker_type: type, model_tier: 'local', payload: {}, client_id: 'c' };
      assert.equal((await gateway.ask('/v1/tasks', { json: task })).status, 202, type);
    };
    for (const type of ['kept', 'thumb']) {
      await poll(gateway, { task_types: [`${type}.local`], timeout_ms: 0 });
      await send(type);
      const [item] = await poll(gateway, { task_types: [`${type}.local`], timeout_ms: 10_000 });
      const { status, body } = await resolve(gateway, item?.task_id ?? '', { action: 'complete', output: {} });
      assert.equal(status, 200, JSON.stringify(body));
    }
    await told.until('both results', (frames) => frames.filter(({ event }) => event === 'task/result').length === 2);
    await passing.until('what passes', (frames) => frames.some(({ event }) => event === 'bus/passing'));
    // It asks itself and hears itself, on one connection.
    const map = (await (await gateway.ask('/v1/bus')).json()) as { http_workers: { known: boolean } };
    assert.equal(map.http_workers.known, true);
    for (const role of ['operator', 'submitter'] as const) {
      const { http_workers } = JSON.parse((await run(role, ['status', '-o', 'json'])).stdout);
      assert.deepEqual([http_workers.known, http_workers.types.length > 0], [true, true], role);
    }
    assert.match((await run('operator', ['reload', '--wait', '5s'])).stdout, /delivered to all 2 actors/);
    // What nobody takes any more goes back to the bus.
    await send('thumb');
    passing.close();
    await until('it was given back', () => gateway.events.some(({ kind }) => kind === 'work_ended'), 20_000);
    assert.doesNotMatch(server.log(), /Violation/);
  });
}

test('an operator keeps, puts away, imports and sends again what failed', { skip }, async (t) => {
  const { server, run, start } = await guarded(t);
  await start('router', ['router', '--config', 'rules.yaml'], /router on/);
  await start('worker', ['worker', '--config', 'echo.yaml', '--echo'], /worker echo/);
  const operator = async (...argv: readonly string[]): Promise<string> => {
    const done = await run('operator', ['dead-letter', ...argv]);
    assert.equal(done.code, 0, `${argv.join(' ')}\n${done.stdout}${done.stderr}`);
    return done.stdout;
  };
  await operator('enable');
  const bus = await connect({ servers: [server.url], auth: { user: 'heddle-submitter', password: 'pw' } });
  t.after(() => bus.close());
  bus.publish('heddle.tasks.incoming', '{"task_id":"t","worker_type":"echo","model_tier":"locl","payload":{"a":1}}');
  await bus.flush();
  let id = '';
  await until('it is kept', async () => {
    id = (await operator('list', '-o', 'ndjson')).match(/"id":"([^"]+)"/)?.[1] ?? '';
    return id !== '';
  });
  await operator('archive', id);
  await operator('restore', id);
  await operator('export', 'kept.ndjson');
  await operator('import', 'kept.ndjson');
  assert.match(await operator('replay', id, '--yes', '--to', 'echo.local'), /1 /);
  await operator('delete', id, '--yes');
  await operator('disable', '--discard', '--yes');
  assert.doesNotMatch(server.log(), /Violation/);
});

test('a worker may not send tasks, and who submits may not answer', { skip }, async (t) => {
  const { server, run } = await guarded(t);
  assert.match(
    (await run('worker', ['submit', 'echo'])).stderr,
    /does not allow us to publish to "heddle\.tasks\.incoming"/,
  );
  const bus = await connect({ servers: [server.url], auth: { user: 'heddle-submitter', password: 'pw' } });
  t.after(() => bus.close());
  for (const subject of ['heddle.results.g', 'heddle.control.reload', 'heddle.tasks.echo.local']) {
    bus.publish(subject, '{}');
    await assert.rejects(bus.flush(), { code: 'permission_denied' }, subject);
  }
});
