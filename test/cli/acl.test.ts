import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { permissionsOf, ROLES, type Role } from '../../src/contract/roles.ts';
import { connect } from '../../src/transport/nats.ts';
import { covers } from '../../src/transport/permissions.ts';
import { type CliRun, runCli, startCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { type NatsServer, natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { assertKeepsSchema } from '../helpers/output-schema.ts';
import { startPipeline } from '../submit/actors.ts';

noLeaks();
const skip = skipWithoutNatsServer();

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
  assert.deepEqual(who('heddle.tasks.echo.local'), ['router', 'operator']);
  assert.deepEqual(who('heddle.tasks.dead_letter'), ['router', 'operator']);
  assert.deepEqual(who('heddle.results.order.42'), ['worker', 'pipeline', 'gateway']);
  assert.deepEqual(who('heddle.control.reload'), ['operator']);
  assert.deepEqual(who('heddle.goals.incoming'), ['submitter', 'operator', 'gateway']);
  assert.deepEqual(who('$JS.API.STREAM.DELETE.X'), ['operator', 'gateway']);
});

interface Guarded {
  readonly server: NatsServer;
  /** Runs a command as the user of a role. */
  run(role: Role, argv: readonly string[]): Promise<CliRun>;
  start(role: Role, argv: readonly string[], atWork: RegExp): Promise<void>;
}

/** A server that allows what `heddle-ts acl` says, and nothing else. */
async function guarded(t: TestContext): Promise<Guarded> {
  const { stdout } = await runCli(['acl']);
  const passwords = ROLES.map((role) => `HEDDLE_${role.toUpperCase()}_PASSWORD: "pw"\n`).join('');
  const server = await natsServerFor(t, { config: `${passwords}${stdout}\njetstream { store_dir: "FOLDER/js" }\n` });
  const cwd = mkdtempSync(join(tmpdir(), 'heddle-acl-'));
  t.after(() => rmSync(cwd, { recursive: true, force: true }));
  const config = 'name: echo\nworker_kind: processor\nprocessing_backend: app.echo.Echo\ndefault_model_tier: local\n';
  writeFileSync(join(cwd, 'echo.yaml'), config);
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
