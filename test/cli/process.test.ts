import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { noLeaks } from '../helpers/leaks.ts';
import { startProgram } from '../helpers/program.ts';
import { before, NODE_ONLY, ON_NODE, PROGRAM_QUOTED } from '../helpers/program-under-test.ts';
import { inProject } from '../helpers/root.ts';

noLeaks();

const WINDOWS =
  process.platform === 'win32' ? 'Windows has no such signals, and holds a directory that is in use' : false;

/** A server that takes connections and never says a word: a command that connects waits there. */
async function silentServer(t: TestContext): Promise<{ url: string; reached: Promise<unknown> }> {
  const server = createServer();
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    t.after(() => socket.destroy());
  });
  const reached = once(server, 'connection');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { url: `nats://127.0.0.1:${address.port}`, reached };
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} while connecting: exit ${code}, said once`, { skip: WINDOWS }, async (t) => {
    const { url, reached } = await silentServer(t);
    const run = startProgram(t, ['status', '--nats-url', url, '--timeout', '60s', '-o', 'json']);
    await reached;
    run.kill(signal);
    assert.equal(await run.ended, code);
    assert.equal(JSON.parse(run.stdout()).error.exit_code, code);
    assert.equal(run.stderr(), '');
  });
}

test('an error that nobody caught is told like any other, with exit 70', async (t) => {
  const { url } = await silentServer(t);
  const throwing = before(`setTimeout(() => { throw new TypeError('boom') }, 400)`);
  const asked = ['status', '--nats-url', url, '--timeout', '60s'];
  const human = startProgram(t, asked, { env: throwing });
  assert.equal(await human.ended, 70);
  assert.match(
    human.stderr(),
    /^error: unexpected failure: TypeError: boom\n[\s\S]*\n {4}at [\s\S]*This is a bug in heddle-ts/,
  );
  assert.equal(human.stdout(), '');
  const machine = startProgram(t, [...asked, '--json'], {
    env: before(`setTimeout(() => Promise.reject(new TypeError('boom')), 400)`),
  });
  assert.equal(await machine.ended, 70);
  assert.equal(JSON.parse(machine.stdout()).error.code, 'internal');
});

test('a working directory that was removed stops only what needs it', { skip: WINDOWS }, async (t) => {
  const leave = `const fs = await import('node:fs'), os = await import('node:os');
    const folder = fs.mkdtempSync(os.tmpdir() + '/heddle-gone-'); process.chdir(folder); fs.rmdirSync(folder)`;
  const inRemoved = async (argv: string[]) => {
    const run = startProgram(t, argv, { env: before(leave) });
    return { code: await run.ended, stdout: run.stdout(), stderr: run.stderr() };
  };
  const version = await inRemoved(['--version']);
  assert.equal(version.code, 0, version.stderr);
  const status = await inRemoved(['status']);
  assert.equal(status.code, 2);
  assert.match(status.stderr, /^error: the working directory does not exist any more\n {2}hint: Change to/);
});

test('a user without a home directory can connect', async (t) => {
  const homeless = before(`import os from 'node:os'; os.homedir = () => { throw new Error('no home') }`);
  const run = startProgram(t, ['status', '--nats-url', 'nats://127.0.0.1:1'], {
    env: { ...homeless, XDG_CONFIG_HOME: undefined },
  });
  assert.equal(await run.ended, 3);
  assert.match(run.stderr(), /nothing listens at/);
});

for (const [how, end] of [
  ['a second signal', 'io.endNow(143)'],
  ['an end after what was written was given up', 'io.stdout.abandon(); io.endNow(143)'],
] as const) {
  test(`${how} ends the program at once, also when nobody reads what it wrote`, {
    skip: WINDOWS,
    timeout: 30_000,
  }, async (t) => {
    const main = JSON.stringify(pathToFileURL(inProject('dist', 'cli', 'main.js')).href);
    const program = `
    const { processIo } = await import(${main});
    const io = processIo();
    io.stdout.write('x'.repeat(1 << 20));
    io.onSignal('SIGTERM', () => { ${end} });
    setTimeout(() => process.stderr.write('full'), 300);
    setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    t.after(() => child.kill('SIGKILL'));
    await once(child.stderr, 'data');
    child.kill('SIGTERM');
    const [code, signal] = await once(child, 'exit');
    assert.deepEqual([code, signal], [null, 'SIGTERM']);
    child.stdout.destroy();
  });
}

test('where no more files can be opened, a failure is still a failure and says why', {
  skip: process.platform === 'win32',
}, () => {
  const commands = [
    'preflight --nats-url nats://127.0.0.1:1',
    'submit echo --nats-url nats://127.0.0.1:1',
    'tail --nats-url nats://127.0.0.1:1',
  ];
  let short = 0;
  // Below, Node itself cannot start; above, there is room.
  for (let limit = 18; limit <= 26; limit += 1) {
    for (const command of commands) {
      const line = `ulimit -n ${limit}; exec ${PROGRAM_QUOTED} ${command}`;
      const { status, stdout, stderr } = spawnSync('sh', ['-c', line], { encoding: 'utf8' });
      const label = `${limit}: ${command}: exit ${status}\n${stdout}${stderr}`;
      if (/node:fs|node:internal/.test(stderr)) continue;
      assert.ok(status === 3 || status === 70, label);
      assert.notEqual(stdout + stderr, '', label);
      if (status !== 70) continue;
      short += 1;
      // A warning about what could not be read on the way may stand before it.
      const last = stderr.slice(stderr.lastIndexOf('\nerror: ') + 1);
      assert.match(last, /^error: no more files can be opened, raise the limit \(ulimit -n\): EMFILE.*\n$/, label);
    }
  }
  // Bun raises the limit as far as it may, and needs less.
  if (ON_NODE) assert.ok(short > 0, 'no limit was short');
});

test('a Node that is too old is named in one sentence, with what to do', { skip: NODE_ONLY }, () => {
  for (const version of ['18.20.8', '20.18.9', '12.22.12']) {
    const old = `Object.defineProperty(process.versions, 'node', { value: '${version}' });`;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', `data:text/javascript,${encodeURIComponent(old)}`, inProject('bin', 'heddle-ts.js'), '--version'],
      { encoding: 'utf8' },
    );
    assert.equal(status, 1, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, new RegExp(`^error: heddle-ts needs Node 20\\.19 or newer, and this is Node ${version} `));
    assert.match(stderr, /\n {2}hint: install a newer one.*\n$/);
  }
});

test('what Bun takes from a .env file before the program begins is not believed like the environment', {
  skip: process.platform === 'linux' ? NODE_ONLY : 'Linux alone tells what a process was started with',
}, async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'heddle-env-'));
  t.after(() => rmSync(cwd, { recursive: true, force: true }));
  writeFileSync(join(cwd, '.env'), 'NATS_URL=nats://127.0.0.1:1\n');
  // As Bun does it, on Node.
  const asBun = `Object.defineProperty(process.versions, 'bun', { value: '1.4.5' }); process.env.NATS_URL = 'nats://127.0.0.1:1'`;
  const run = startProgram(t, ['preflight'], { cwd, env: before(asBun) });
  assert.equal(await run.ended, 3);
  assert.match(run.stdout(), /url nats:\/\/127\.0\.0\.1:1 \(\.env /);
  const own = startProgram(t, ['preflight'], { cwd, env: { ...before(asBun), NATS_URL: 'nats://127.0.0.1:2' } });
  await own.ended;
  assert.match(own.stdout(), /\(environment NATS_URL\)/);
});
