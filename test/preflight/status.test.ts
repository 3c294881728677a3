import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startBroker } from '../../src/broker/broker.ts';
import { type CliRun, runCli, startCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { assertKeepsSchema } from '../helpers/output-schema.ts';
import { clusterFor } from '../topology/nats-cluster.ts';
import { type Actor, act, actAll, DEAD_LETTERS, HEALTHY, llmWorker, processor, ROUTER, TUI } from './actors.ts';
import { folderFor } from './faults.ts';

noLeaks();

interface Status {
  counts: Record<string, number>;
  workers: {
    type: string;
    tier: string;
    replicas: number;
    copies: number;
    groups: { queue: string | null; received: number; kind: string }[];
  }[];
  configured: { absent: { type: string; file: string }[]; unconfigured: { type: string }[] } | null;
  problems: { problem: string; severity: string }[];
}

async function busWith(t: TestContext, actors: readonly Actor[]): Promise<string> {
  const broker = await startBroker();
  t.after(() => broker.close());
  await actAll(t, broker.url, actors);
  return broker.url;
}

function read({ code, stdout, stderr }: CliRun): Status {
  assert.equal(code, 0, stdout + stderr);
  const document: unknown = JSON.parse(stdout);
  assertKeepsSchema('status', document);
  return document as Status;
}

test('an empty bus, a healthy one, and one in disorder keep the schema', async (t) => {
  const run = async (actors: readonly Actor[]) =>
    read(await runCli(['status', '--json', '--nats-url', await busWith(t, actors)], { env: {} }));
  const empty = await run([]);
  assert.deepEqual([empty.counts.connections, empty.counts.routers, empty.workers], [1, 0, []]);
  const healthy = await run([...HEALTHY, TUI, { hears: [] }, { hears: [['orders']] }]);
  assert.deepEqual(healthy.problems, []);
  assert.deepEqual([healthy.counts.watchers, healthy.counts.silent], [1, 1]);
  const disorder = await run([ROUTER, ROUTER, llmWorker('echo'), processor('echo', 'standard'), DEAD_LETTERS]);
  assert.deepEqual(
    disorder.problems.map(({ problem }) => problem),
    ['router_duplicated', 'worker_mixed_groups', 'goals_unheard'],
  );
  assert.deepEqual(
    disorder.workers.map(({ copies }) => copies),
    [2],
  );
});

test('messages handled are counted, and replicas share them', async (t) => {
  const url = await busWith(t, [processor('echo'), processor('echo'), ROUTER]);
  const sender = await act(t, url, { hears: [] });
  for (let sent = 0; sent < 25; sent += 1) sender.publish('heddle.tasks.echo.local', 'x');
  await sender.flush();
  const { workers } = read(await runCli(['status', '--json', '--nats-url', url], { env: {} }));
  assert.equal(workers[0]?.replicas, 2);
  assert.deepEqual(
    workers[0]?.groups.map(({ queue, received, kind }) => [queue, received, kind]),
    [['processors-echo', 25, 'processor']],
  );
});

test('with configs: what is configured and absent, and what is there and not configured', async (t) => {
  const folder = folderFor(t);
  writeFileSync(join(folder, 'translate.yaml'), 'name: translate\nworker_kind: processor\nprocessing_backend: app.T\n');
  const url = await busWith(t, HEALTHY);
  const argv = ['status', '--nats-url', url, '--config', 'translate.yaml'];
  const { configured } = read(await runCli([...argv, '--json'], { env: {}, cwd: folder }));
  assert.deepEqual(configured, {
    absent: [{ type: 'translate', tier: 'local', file: 'translate.yaml' }],
    unconfigured: [{ type: 'echo', tier: 'local' }],
  });
  const { stdout } = await runCli(argv, { env: {}, cwd: folder });
  assert.match(stdout, /worker +translate +local +- +0 +absent \(translate\.yaml\)/);
  assert.match(stdout, /worker +echo +local +processors +1 .* not configured/);
  const wrong = await runCli(['status', '--nats-url', url, '--config', 'gone.yaml'], { env: {}, cwd: folder });
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /gone\.yaml: there is no such file/);
});

test('for people: a table that fits, and problems with their remedies', async (t) => {
  const url = await busWith(t, [
    ...HEALTHY,
    ROUTER,
    { hears: [['heddle.tasks.resize.local']], name: '\u001b[31mevil' },
  ]);
  const { stdout, code } = await runCli(['status', '--nats-url', url, '-v', '--color', 'never'], { env: {}, tty: 100 });
  assert.equal(code, 0);
  for (const line of stdout.split('\n')) assert.ok(line.length <= 100, line);
  // Nobody has anything pending and nobody is absent, so there are no columns for that.
  assert.match(stdout, /^ {2}ROLE +NAME +TIER +GROUP +REPLICAS +HANDLED +RTT$/m);
  assert.match(stdout, /^ {2}worker +echo +local +processors +1 /m);
  assert.match(stdout, /^ {2}✗ 2 routers listen without a queue group/m);
  assert.match(stdout, /^ {4}→ Keep one\./m);
  assert.doesNotMatch(stdout, /\u001b\[31mevil/);
  assert.match(stdout, /\\x1b\[31mevil/);
});

test('--watch writes the picture again when somebody came or went, and waits out a restart', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const server = await natsServerFor(t);
  await act(t, server.url, ROUTER);
  const { io, exit } = startCli(['status', '--nats-url', server.url, '--watch', '100ms', '--json'], { env: {} });
  await io.seen(/\n/);
  await act(t, server.url, processor('echo'));
  await io.seen(/\n.*\n/);
  await server.restart();
  // The actors of this test do not come back: only `status` does.
  await io.seen(/"connections":1,.*\n$/s, 30_000);
  io.signal('SIGTERM');
  assert.equal(await exit, 143);
  const documents = io
    .out()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Status);
  for (const document of documents) assertKeepsSchema('status', document);
  assert.deepEqual(
    documents.map(({ counts }) => [counts.routers, counts.workers]),
    [
      [1, 0],
      [1, 1],
      [0, 0],
    ],
  );
});

test('--monitor needs no connection to the bus', { skip: skipWithoutNatsServer() }, async (t) => {
  const [server] = await clusterFor(t, 1);
  assert.ok(server);
  await actAll(t, server.url, HEALTHY);
  const { counts } = read(
    await runCli(['status', '--json', '--monitor', server.monitor, '--nats-url', '127.0.0.1:1'], { env: {} }),
  );
  assert.deepEqual([counts.routers, counts.workers, counts.goal_takers], [1, 1, 1]);
  const wrong = await runCli(['status', '--json', '--monitor', 'http://127.0.0.1:1'], { env: {} });
  assert.equal(wrong.code, 3);
  assert.match(wrong.stdout, /cannot read the monitoring port at http:\/\/127\.0\.0\.1:1\/: connection refused/);
});

test("who hears generation C's events is named so", async (t) => {
  const hears: Actor['hears'] = [['heddle.rejections.>'], ['heddle.events.order.42.closed'], ['heddle.dedup.>']];
  const url = await busWith(t, [...HEALTHY, { hears }]);
  const { stdout } = await runCli(['status', '--nats-url', url, '--color', 'never'], { env: {}, tty: 160 });
  for (const row of [
    /watcher +heddle\.rejections\.> .*rejections of generation C \(a second kind of dead letter\)/,
    /watcher +heddle\.events\.order\.42\.closed .*events of generation C/,
    /watcher +heddle\.dedup\.> .*what generation C has handled/,
  ]) {
    assert.match(stdout, row);
  }
});

test('where the map is refused, status says so instead of guessing', { skip: skipWithoutNatsServer() }, async (t) => {
  const server = await natsServerFor(t, {
    config: 'authorization: { users: [ { user: ada, password: ada, permissions: { publish: { deny: "$SYS.>" } } } ] }',
  });
  const env = { NATS_URL: server.url, NATS_USER: 'ada', NATS_PASSWORD: 'ada' };
  const { code, stderr, stdout } = await runCli(['status'], { env });
  assert.deepEqual([code, stdout], [3, '']);
  assert.match(stderr, /may not ask the servers who is connected/);
  assert.match(stderr, /--monitor/);
});

for (const kind of ['broker', 'nats-server'] as const) {
  const skip = kind === 'nats-server' ? skipWithoutNatsServer() : false;
  test(`reload reaches every actor, and says how many (${kind})`, { skip }, async (t) => {
    const url = kind === 'broker' ? await busWith(t, []) : (await natsServerFor(t)).url;
    const none = await runCli(['reload', '--nats-url', url, '--json'], { env: {} });
    assert.equal(none.code, 4);
    assert.match(none.stdout, /"nobody_listens"/);

    const [actor] = await actAll(t, url, [{ hears: [] }, processor('echo'), llmWorker('sum'), ROUTER]);
    const heard: string[] = [];
    actor?.subscribe('heddle.control.reload', ({ data }) => heard.push(new TextDecoder().decode(data)));
    await actor?.flush();
    const { code, stdout } = await runCli(['reload', '--nats-url', url, '--wait', '--json'], { env: {} });
    const document = JSON.parse(stdout);
    assertKeepsSchema('reload', document);
    assert.deepEqual([code, document], [0, { schema_version: 1, ok: true, heard: 3, delivered: 3, reason: null }]);
    await actor?.flush();
    assert.deepEqual(heard, ['{"action":"reload"}']);
    const words = await runCli(['reload', '--nats-url', url], { env: {} });
    assert.equal(words.stdout, 'sent; 3 actors hear it\n');
  });
}

test('reload where the map is refused: the server still tells whether there is anybody', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const server = await natsServerFor(t, {
    config:
      'authorization: { users: [ { user: all, password: all }, { user: ada, password: ada, permissions: { publish: { deny: "$SYS.>" } } } ] }',
  });
  const env = { NATS_URL: server.url, NATS_USER: 'ada', NATS_PASSWORD: 'ada' };
  assert.equal((await runCli(['reload'], { env })).code, 4);
  await act(t, server.url.replace('://', '://all:all@'), processor('echo'));
  const { code, stdout } = await runCli(['reload', '--json'], { env });
  const document = JSON.parse(stdout) as { heard: number | null };
  assertKeepsSchema('reload', document);
  assert.deepEqual([code, document.heard], [0, null]);
});
