import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startProgram } from '../helpers/program.ts';

// A pipe into which nobody writes, where a file is expected: in a folder of somebody else's, or named by the user.

const NOBODY = 'nats://127.0.0.1:1';
const PATIENCE_MS = 15_000;
const windows = process.platform === 'win32' ? 'named pipes are files elsewhere' : false;

function folder(t: TestContext): { cwd: string; pipe: (name: string) => string } {
  const cwd = mkdtempSync(join(tmpdir(), 'heddle-waiting-'));
  t.after(() => rmSync(cwd, { recursive: true, force: true }));
  return {
    cwd,
    pipe: (name) => {
      execFileSync('mkfifo', [join(cwd, name)]);
      return join(cwd, name);
    },
  };
}

async function run(t: TestContext, cwd: string, argv: readonly string[], env: Record<string, string> = {}) {
  const program = startProgram(t, argv, { cwd, env });
  const late = setTimeout(() => program.kill('SIGKILL'), PATIENCE_MS);
  const code = await program.ended;
  clearTimeout(late);
  return { code, said: program.stdout() + program.stderr() };
}

test('a .env file that is a pipe is left out, and one that a .env file or a context names is refused', {
  skip: windows,
}, async (t) => {
  const { cwd, pipe } = folder(t);
  const env = pipe('.env');
  const argv = ['submit', 'echo', '--set', 'a=b', '--nats-url', NOBODY];
  const left = await run(t, cwd, argv);
  assert.equal(left.code, 3, left.said);
  assert.match(left.said, /warning: cannot read the \.env file: \S+ is a pipe or a device, not a file/);

  rmSync(env);
  symlinkSync('/dev/stdin', env);
  assert.equal((await run(t, cwd, argv)).code, 3);

  rmSync(env);
  pipe('mine.creds');
  writeFileSync(env, 'NATS_CREDS=mine.creds\n');
  const refused = await run(t, cwd, ['status', '--nats-url', NOBODY]);
  assert.equal(refused.code, 2, refused.said);
  assert.match(refused.said, /mine\.creds is a pipe or a device/);

  rmSync(env);
  pipe('x.json');
  mkdirSync(join(cwd, 'nats'));
  pipe('nats/context.txt');
  for (const settings of [{ NATS_CONTEXT: './x.json' }, { XDG_CONFIG_HOME: cwd }]) {
    const { code, said } = await run(t, cwd, ['status'], settings);
    assert.equal(code, 2, said);
    assert.match(said, /is a pipe or a device/);
  }
});

test('a pipe that the user names is waited for, and not for ever', { skip: windows }, async (t) => {
  const { cwd, pipe } = folder(t);
  const path = pipe('token');
  const argv = ['status', '--nats-url', NOBODY, '--token-file', 'token'];
  const empty = await run(t, cwd, argv);
  assert.equal(empty.code, 2, empty.said);
  assert.match(empty.said, /token is empty/);

  const writer = spawn('sh', ['-c', 'exec > "$0"; sleep 0.3; echo t; sleep 0.3; echo u', path]);
  t.after(() => writer.kill());
  const there = await run(t, cwd, argv);
  assert.equal(there.code, 3, there.said);
});

test('a secret, a certificate or a set of keys that a config of a gateway names is a file, and small', {
  skip: windows,
}, async (t) => {
  const { cwd, pipe } = folder(t);
  pipe('pipe');
  writeFileSync(join(cwd, 'large'), 'x'.repeat(2 * 1024 * 1024));
  const token = (file: string): string => `auth: {tokens: [{id: a, file: ${file}, scopes: [submit]}]}`;
  const cases: readonly (readonly [text: string, said: RegExp])[] = [
    [token('pipe'), /token a: the file pipe: it is a pipe, socket or device, not a file/],
    [token('/dev/zero'), /token a: the file \/dev\/zero: it is a pipe, socket or device, not a file/],
    [token('large'), /token a: the file large: it is larger than 1 MiB/],
    ['auth: {oidc: {issuer: "https://x", audience: y, jwks: "file:pipe"}}', /jwks: the file pipe: it is a pipe/],
    [
      'mqtt: [{name: m, url: "mqtts://127.0.0.1:9", tls: {ca: pipe}, topics: [a], to: goal, instruction: x}]',
      /mqtt m: the file pipe: it is a pipe/,
    ],
  ];
  for (const [text, said] of cases) {
    writeFileSync(join(cwd, 'gateway.yaml'), `kind: gateway\nlisten: 127.0.0.1:0\n${text}\n`);
    const { code, said: words } = await run(t, cwd, ['gateway', 'check', 'gateway.yaml', '--secrets']);
    assert.equal(code, 2, `${text}\n${words}`);
    assert.match(words, said);
  }
});

/** Only Linux shows it; elsewhere it has had time. */
async function opened(pid: number, path: string): Promise<void> {
  if (process.platform !== 'linux') return await pause(2_000);
  const files = `/proc/${pid}/fd`;
  const leadsTo = (name: string): string => {
    try {
      return readlinkSync(join(files, name), 'utf8');
    } catch {
      return 'closed meanwhile';
    }
  };
  const isOpen = () => readdirSync(files).some((name) => leadsTo(name) === path);
  for (let left = 2_000; left > 0 && !isOpen(); left -= 1) await pause(5);
}

const INPUTS: readonly (readonly string[])[] = [
  ['validate', '--messages', 'in'],
  ['validate', '--payload', 'in', '--against', 'in'],
  ['tail', '--from', 'in'],
  ['submit', 'echo', '--nats-url', NOBODY, '--payload', '@in'],
];

for (const argv of INPUTS) {
  test(`${argv.join(' ')}: ends with a signal when nobody writes into its pipe, and before its writer does`, {
    skip: windows,
  }, async (t) => {
    const { cwd, pipe } = folder(t);
    const path = pipe('in');
    for (const writer of ['nobody', 'silent']) {
      const standing = spawn('sh', ['-c', writer === 'silent' ? 'exec > "$0"; exec sleep 60' : 'exec sleep 60', path]);
      t.after(() => standing.kill());
      const program = startProgram(t, argv, { cwd });
      await opened(program.pid, path);
      program.kill('SIGTERM');
      const late = setTimeout(() => program.kill('SIGKILL'), 5_000);
      assert.equal(await program.ended, 143, `${writer}: ${program.stderr()}`);
      clearTimeout(late);
      standing.kill();
    }
  });
}
