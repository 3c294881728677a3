import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { connect as connectMqtt } from 'mqtt';
import { connect } from '../../src/transport/nats.ts';
import { gather } from '../helpers/gather.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { findNatsServer, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { type RunningProgram, startProgram } from '../helpers/program.ts';

noLeaks();

const roots: string[] = [];
after(() => {
  for (const root of roots) rmSync(root, { recursive: true, force: true });
});

interface Place {
  cwd: string;
  temp: string;
  env: Record<string, string>;
}

/** A working directory and a temporary directory of the test's own, so that what is left behind shows. */
function place(files: Record<string, string> = {}): Place {
  const root = mkdtempSync(join(tmpdir(), 'heddle-dev-test-'));
  roots.push(root);
  const [cwd, temp] = [join(root, 'cwd'), join(root, 'temp')];
  mkdirSync(join(cwd, 'configs', 'workers'), { recursive: true });
  mkdirSync(temp);
  for (const [path, text] of Object.entries(files)) writeFileSync(join(cwd, path), text);
  const server = findNatsServer();
  const path = `${server === undefined ? '' : dirname(server) + delimiter}${process.env.PATH}`;
  return { cwd, temp, env: { TMPDIR: temp, TEMP: temp, TMP: temp, PATH: path } };
}

async function ready(program: RunningProgram): Promise<string> {
  await program.seen(/^ready nats:\S+/m);
  return /^ready (nats:\S+)/m.exec(program.stdout())?.[1] ?? '';
}

async function refuses(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return await new Promise((resolve) => {
    const socket = createConnection({ host: hostname, port: Number(port) });
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });
}

const KINDS = [
  { bus: 'builtin', skip: false as string | false, what: /built in, for development/ },
  { bus: 'nats-server', skip: skipWithoutNatsServer(), what: /nats-server \d+\.\d+\.\d+, JetStream/ },
];

/** What stands in the temporary folder; the compile cache there is Node's own, from 22.8 on, and meant to stay. */
const leftIn = (temp: string): string[] => readdirSync(temp).filter((name) => name !== 'node-compile-cache');

test('dev --mqtt: a device that knows tasks needs nothing else; without nats-server it is refused', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const { cwd, env } = place();
  const program = startProgram(t, ['dev', '--mqtt', '0'], { cwd, env });
  const url = await ready(program);
  const mqtt = /mqtt +(mqtt:\S+)/.exec(program.stdout())?.[1] ?? '';
  const device = connectMqtt(mqtt, { clientId: 'plug' });
  t.after(() => device.endAsync(true));
  const answer = new Promise<string>((resolve) => device.on('message', (_topic, text) => resolve(text.toString())));
  await device.subscribeAsync('heddle/results/plug-1', { qos: 1 });
  const task = {
    task_id: '1',
    parent_task_id: 'plug-1',
    worker_type: 'echo',
    model_tier: 'local',
    payload: { watts: 7 },
  };
  await device.publishAsync('heddle/tasks/incoming', JSON.stringify(task), { qos: 1 });
  assert.match(await answer, /"status":"completed","output":\{"watts":7\}/);
  assert.match(url, /^nats:/);
  const refused = startProgram(t, ['dev', '--mqtt', '--bus', 'builtin'], { cwd, env });
  assert.equal(await refused.ended, 2);
  assert.match(refused.stderr(), /MQTT is spoken by a nats-server/);
});

for (const { bus, skip, what } of KINDS) {
  describe(`dev --bus ${bus}`, { skip }, () => {
    test('a task goes round; the ready file tells where; Ctrl-C leaves nothing', async (t) => {
      const { cwd, temp, env } = place();
      const file = join(cwd, 'ready.json');
      const program = startProgram(t, ['dev', '--bus', bus, '--ready-file', file], { cwd, env });
      const url = await ready(program);
      assert.match(program.stdout(), what);
      const told = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
      assert.deepEqual(told, { schema_version: 1, url, pid: program.pid });
      const client = await connect({ servers: [url], timeoutMs: 20_000 });
      const results = await gather(client, 'heddle.results.default');
      client.publish(
        'heddle.tasks.incoming',
        '{"task_id":"1","worker_type":"echo","model_tier":"local","payload":{"a":1.0}}',
      );
      const [result] = await results.count(1);
      assert.match(result?.text ?? '', /"status":"completed","output":\{"a":1\.0\}/);
      await client.close();
      program.kill('SIGINT');
      assert.equal(await program.ended, 0, program.stderr());
      assert.match(program.stdout(), /all stopped, nothing left behind/);
      assert.deepEqual([leftIn(temp), existsSync(file), await refuses(url)], [[], false, true]);
    });

    test('a second signal ends it at once, and still leaves nothing', {
      skip: process.platform === 'win32',
    }, async (t) => {
      const { cwd, temp, env } = place({
        'slow.mjs':
          "import { writeFileSync } from 'node:fs'; export default () => { writeFileSync('begun', ''); return new Promise(() => {}); };",
        'hang.mjs': 'process.on("SIGTERM", () => {}); process.stdin.on("data", () => {}); setInterval(() => {}, 1000);',
        'configs/workers/slow.yaml':
          'name: slow\nworker_kind: processor\nimplementation: {runtime: node, entry: ./slow.mjs}\n',
        'configs/workers/hang.yaml': `name: hang\nworker_kind: processor\nimplementation: {runtime: exec, entry: ${JSON.stringify(`'${process.execPath}' hang.mjs`)}}\n`,
      });
      const program = startProgram(t, ['dev', '--bus', bus, '--grace', '60s'], { cwd, env });
      const url = await ready(program);
      const child = Number(/started \(pid (\d+)\)/.exec(program.stdout())?.[1]);
      assert.ok(alive(child));
      const client = await connect({ servers: [url], timeoutMs: 20_000 });
      client.publish('heddle.tasks.slow.local', '{"worker_type":"slow","payload":{}}');
      await client.flush();
      await client.close();
      await poll(() => existsSync(join(cwd, 'begun')));
      program.kill('SIGTERM');
      await program.seen(/stopping: 1 running/);
      program.kill('SIGTERM');
      assert.equal(await program.ended, 143);
      await poll(() => !alive(child));
      await poll(async () => await refuses(url));
      assert.deepEqual(leftIn(temp), []);
    });
  });
}

test('a terminal that is closed, and a start that hangs: nothing is left', {
  skip: process.platform === 'win32',
}, async (t) => {
  const { cwd, temp, env } = place();
  const closed = startProgram(t, ['dev'], { cwd, env });
  const url = await ready(closed);
  closed.kill('SIGHUP');
  assert.equal(await closed.ended, 0);
  assert.deepEqual([leftIn(temp), await refuses(url)], [[], true]);

  writeFileSync(
    join(cwd, 'hang.mjs'),
    "import { writeFileSync } from 'node:fs'; export default { handle: () => ({}), setup: () => { writeFileSync('begun', ''); setInterval(() => {}, 1000); return new Promise(() => {}); } };",
  );
  writeFileSync(
    join(cwd, 'configs', 'workers', 'hang.yaml'),
    'name: hang\nworker_kind: processor\nimplementation: {runtime: node, entry: ./hang.mjs}\n',
  );
  const hanging = startProgram(t, ['dev'], { cwd, env });
  await poll(() => existsSync(join(cwd, 'begun')));
  hanging.kill('SIGINT');
  assert.equal(await hanging.ended, 130);
  assert.deepEqual(leftIn(temp), []);
});

test('a bus that dies ends dev with the reason, and the rest is put away', {
  skip: skipWithoutNatsServer() || process.platform === 'win32',
}, async (t) => {
  const { cwd, temp, env } = place();
  const program = startProgram(t, ['dev', '--bus', 'nats-server'], { cwd, env });
  const url = await ready(program);
  const client = await connect({ servers: [url], timeoutMs: 20_000 });
  const pid = serverPid(temp);
  await client.close();
  process.kill(pid, 'SIGKILL');
  assert.equal(await program.ended, 3);
  assert.match(program.stderr(), /the nats-server ended by itself \(signal SIGKILL\)/);
  assert.deepEqual(leftIn(temp), []);
});

test('a program of a worker that dies is started again, and gives up in the end without taking the bus along', async (t) => {
  const { cwd, env } = place({
    'die.mjs': 'process.exit(3)',
    'configs/workers/die.yaml': `name: die\nworker_kind: processor\nimplementation: {runtime: exec, entry: ${JSON.stringify(`'${process.execPath}' die.mjs`)}}\n`,
  });
  const program = startProgram(t, ['dev', '--bus', 'builtin'], { cwd, env });
  await ready(program);
  assert.equal(await program.ended, 1);
  assert.match(program.stderr(), /ended 5 times in quick succession \(exit code 3\)/);
});

test('a port that is taken, a handler that does not load, a folder that is not there: nothing is left running', async (t) => {
  const { cwd, temp, env } = place({
    'bad.mjs': 'throw new Error("no database")',
  });
  const first = startProgram(t, ['dev', '--bus', 'builtin'], { cwd, env });
  const url = await ready(first);
  const { port } = new URL(url);
  const second = startProgram(t, ['dev', '--bus', 'builtin', '--port', port], { cwd, env });
  assert.equal(await second.ended, 2);
  assert.match(second.stderr(), new RegExp(`cannot listen on port ${port}`));
  first.kill('SIGTERM');
  assert.equal(await first.ended, 0);

  writeFileSync(
    join(cwd, 'configs', 'workers', 'bad.yaml'),
    'name: bad\nworker_kind: processor\nimplementation: {runtime: node, entry: ./bad.mjs}\n',
  );
  const third = startProgram(t, ['dev'], { cwd, env });
  assert.equal(await third.ended, 1);
  assert.match(third.stderr(), /no database/);
  const fourth = startProgram(t, ['dev', '--configs-dir', 'nowhere'], { cwd, env });
  assert.equal(await fourth.ended, 2);
  assert.deepEqual(leftIn(temp), []);
});

test('in ndjson every line is an object, the first of them says that all is ready', async (t) => {
  const { cwd, env } = place();
  const program = startProgram(t, ['dev', '--bus', 'builtin', '-o', 'ndjson'], { cwd, env });
  await program.seen(/"event":"ready"/);
  program.kill('SIGTERM');
  assert.equal(await program.ended, 0);
  const lines = program
    .stdout()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.ok(
    lines.every(
      ({ schema_version, time, level, event }) =>
        schema_version === 1 && typeof time === 'string' && typeof level === 'string' && typeof event === 'string',
    ),
  );
  assert.deepEqual(
    lines.map(({ event }) => event),
    [
      'router_started',
      'worker_started',
      'ready',
      'dev_stopping',
      'worker_stopping',
      'worker_stopped',
      'router_stopped',
      'dev_stopped',
    ],
  );
});

test('the port that was asked for is the port', async (t) => {
  const { cwd, env } = place();
  const first = startProgram(t, ['dev', '--bus', 'builtin'], { cwd, env });
  const { port } = new URL(await ready(first));
  first.kill('SIGTERM');
  await first.ended;
  const second = startProgram(t, ['dev', '--bus', 'builtin', '--port', port], { cwd, env });
  assert.equal(await ready(second), `nats://127.0.0.1:${port}`);
  second.kill('SIGTERM');
  assert.equal(await second.ended, 0);
});

/** The server writes its pid nowhere; its store is the only folder under `temp`, and its command line names that. */
function serverPid(temp: string): number {
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      if (
        readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(temp) &&
        readFileSync(`/proc/${name}/comm`, 'utf8').includes('nats-server')
      )
        return Number(name);
    } catch {
      // It went away while we looked.
    }
  }
  throw new Error('no nats-server found');
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function poll(test: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await test())) {
    assert.ok(performance.now() < deadline, 'it did not come');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('a gateway among the configs is served, too, and goes before the bus', async (t) => {
  const { cwd, temp, env } = place({ 'configs/gateway.yaml': 'kind: gateway\nlisten: 127.0.0.1:0\n' });
  const program = startProgram(t, ['dev', '--bus', 'builtin'], { cwd, env });
  await ready(program);
  const url = /gateway +(http:\S+)/.exec(program.stdout())?.[1] ?? '';
  const response = await fetch(`${url}/v1/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'wait=10' },
    body: JSON.stringify({ worker_type: 'echo', model_tier: 'local', payload: { text: 'hello' } }),
  });
  assert.equal(response.status, 200);
  assert.deepEqual(((await response.json()) as { output: unknown }).output, { text: 'hello' });
  program.kill('SIGTERM');
  assert.equal(await program.ended, 0);
  assert.match(program.stdout(), /gateway stopped: 1 requests\n[\s\S]*all stopped, nothing left behind\n$/);
  assert.deepEqual(readdirSync(temp), []);
  const missing = startProgram(t, ['dev', '--bus', 'builtin', '--gateway', 'none.yaml'], { cwd, env });
  assert.equal(await missing.ended, 2);
  assert.match(missing.stderr(), /none\.yaml: there is no such file/);
});
