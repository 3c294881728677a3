import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startBroker } from '../../src/broker/broker.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { SHELLS } from '../../src/cli/completion/list.ts';
import { connect } from '../../src/transport/nats.ts';
import { type FakeIoOptions, runCli } from '../helpers/fake-io.ts';
import { PROGRAM_QUOTED } from '../helpers/program-under-test.ts';

const without = (shell: string) => (spawnSync(shell, ['-c', '']).error ? `${shell} is not on this machine` : false);

function emptyFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-completion-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

for (const { name: shell } of SHELLS) {
  test(`the ${shell} script names every command and flag`, async () => {
    const { code, stdout } = await runCli(['completion', shell]);
    assert.equal(code, 0);
    for (const { name } of COMMANDS) assert.ok(stdout.includes(name), name);
    const { commands } = JSON.parse((await runCli(['help', '-o', 'json'])).stdout);
    for (const command of commands) {
      for (const option of command.options) {
        const word = shell === 'fish' ? `-l ${option.long.slice(2)}` : option.long;
        assert.ok(stdout.includes(word), `${command.name} ${option.long}`);
      }
    }
  });

  test(`${shell} accepts the script`, { skip: without(shell) }, async (t) => {
    const file = join(emptyFolder(t), 'script');
    writeFileSync(file, (await runCli(['completion', shell])).stdout);
    const done = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    assert.equal(done.status, 0, done.stderr);
  });
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** Not in step: the bus that it asks runs in this process. */
async function shellLines(
  shell: string,
  args: string[],
  options: { cwd: string; env: Record<string, string> },
): Promise<string[]> {
  return linesOf((await promisify(execFile)(shell, args, { encoding: 'utf8', ...options })).stdout);
}

/**
 * Names are asked of the bus for a moment only; on a busy machine they come too late, and nothing is offered. Whoever wants them asks again.
 */
async function offered(ask: () => Promise<string[]>, least = 1): Promise<string[]> {
  let found = await ask();
  for (let tries = 0; tries < 20 && found.length < least; tries += 1) {
    await pause(250);
    found = await ask();
  }
  return found;
}

/** A folder with a `heddle-ts` in it, as a user has it on the PATH, and what a shell is started with. */
function withProgram(t: TestContext, env: Record<string, string> = {}) {
  const folder = emptyFolder(t);
  const program = `#!/bin/sh\nexec ${PROGRAM_QUOTED} "$@"\n`;
  writeFileSync(join(folder, 'heddle-ts'), program, { mode: 0o755 });
  const path = `${folder}:${process.env.PATH}`;
  return { folder, env: { PATH: path, HOME: folder, XDG_CACHE_HOME: folder, ...env } };
}

/** A bus with two workers on it, and one whose name would run a command if a shell took it for words. */
async function busWithWorkers(t: TestContext): Promise<string> {
  const broker = await startBroker();
  const client = await connect({ servers: [broker.url] });
  t.after(async () => {
    await client.close();
    await broker.close();
  });
  for (const subject of ['resize.local', 'résumé.standard', '$(touch${IFS}pwned).local']) {
    client.subscribe(`heddle.tasks.${subject}`, () => {}, { queue: `processors-${subject}` });
  }
  await client.flush();
  return broker.url;
}

test('bash completes commands, flags, choices, operands and files', { skip: without('bash') }, async (t) => {
  const { folder, env } = withProgram(t, { NATS_URL: await busWithWorkers(t) });
  writeFileSync(join(folder, 'a file.yaml'), '');
  const { stdout } = await runCli(['completion', 'bash']);
  const complete = async (line: string[], at: number): Promise<string[]> => {
    const words = line.map((word) => `'${word}'`).join(' ');
    const typed = `COMP_LINE='${line.join(' ')}'; COMP_POINT=\${#COMP_LINE}`;
    const probe = `COMP_WORDS=(${words}); COMP_CWORD=${at}; ${typed}; _heddle_ts; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return await shellLines('bash', ['-c', `${stdout}\n${probe}`], { cwd: folder, env });
  };
  assert.deepEqual(await complete(['heddle-ts', 'compl'], 1), ['completion']);
  assert.deepEqual(await complete(['heddle-ts', 'help', '--outp'], 2), ['--output']);
  assert.deepEqual(await complete(['heddle-ts', 'help', '--output', ''], 3), ['human', 'json']);
  assert.deepEqual(await complete(['heddle-ts', 'help', '--output', '='], 3), ['human', 'json']);
  assert.deepEqual(await complete(['heddle-ts', 'help', '--output', '=', 'j'], 4), ['json']);
  assert.deepEqual(await complete(['heddle-ts', 'completion', 'z'], 2), ['zsh']);
  assert.deepEqual(await complete(['heddle-ts', 'help', 'valid'], 2), ['validate']);
  assert.deepEqual(await complete(['heddle-ts', 'validate', 'a'], 2), ['a file.yaml']);
  assert.deepEqual(await offered(() => complete(['heddle-ts', 'submit', 'r'], 2)), ['resize', 'résumé']);
  assert.deepEqual(await offered(() => complete(['heddle-ts', 'preflight', '--smoke', 'resize.'], 3)), [
    'resize.local',
  ]);
  assert.deepEqual(await complete(['heddle-ts', 'tail', '--count', ''], 3), []);
  assert.deepEqual(await complete(['heddle-ts', 'status', ''], 2), []);
  assert.deepEqual(await complete(['heddle-ts', 'tail', '--tier', 's'], 3), ['standard', 'standard']);
  assert.deepEqual(await offered(() => complete(['heddle-ts', 'submit', ''], 2)), ['resize', 'résumé']);
  assert.equal(existsSync(join(folder, 'pwned')), false);
});

test('zsh completes from a file of $fpath, the first time too', { skip: without('zsh') }, async (t) => {
  const { folder, env } = withProgram(t, { NATS_URL: await busWithWorkers(t) });
  writeFileSync(join(folder, '_heddle-ts'), (await runCli(['completion', 'zsh'])).stdout);
  const complete = async (words: string, more = ''): Promise<string[]> => {
    const probe = `compdef() {}; _describe() { print -l -- $commands }; _arguments() { print -l -- "\${argv[-1]}"; ${more} }
      compadd() { print -l -- "\${(P)argv[-1][@]}" }
      fpath=(${folder}); autoload -Uz _heddle-ts; words=(${words}); CURRENT=$#words; _heddle-ts`;
    return await shellLines('zsh', ['-fc', probe], { cwd: folder, env });
  };
  assert.deepEqual(
    (await complete("heddle-ts ''")).map((line) => line.split(':')[0]),
    COMMANDS.map(({ name }) => name),
  );
  assert.deepEqual(await complete("heddle-ts completion ''"), ['1:word:(bash zsh fish)']);
  assert.deepEqual(await offered(() => complete("heddle-ts submit ''", '_heddle_ts_ask -J x workers'), 2), [
    '1:workers:_heddle_ts_ask workers',
    'resize',
    'résumé',
  ]);
  assert.deepEqual((await complete("heddle-ts tail ''", '_heddle_ts_ask tiers,frontier')).slice(1), [
    'local',
    'standard',
    'frontier',
  ]);
});

test('fish completes commands, choices and operands', { skip: without('fish') }, async (t) => {
  const { folder, env } = withProgram(t, { NATS_URL: await busWithWorkers(t) });
  writeFileSync(join(folder, 'completions'), (await runCli(['completion', 'fish'])).stdout);
  const complete = async (line: string): Promise<string[]> => {
    const lines = await shellLines('fish', ['-N', '-c', `source completions; complete -C'${line}'`], {
      cwd: folder,
      env,
    });
    return lines.map((each) => each.split('\t')[0] ?? '');
  };
  assert.deepEqual(await complete('heddle-ts compl'), ['completion']);
  assert.deepEqual(await complete('heddle-ts help --output '), ['human', 'json']);
  assert.deepEqual((await complete('heddle-ts completion ')).sort(), ['bash', 'fish', 'zsh']);
  assert.deepEqual(await complete('heddle-ts help valid'), ['validate']);
  assert.deepEqual(await offered(() => complete('heddle-ts submit r')), ['resize', 'résumé']);
  assert.deepEqual(await complete('heddle-ts tail --count '), []);
});

test('names come from the bus that the line names, and are kept where only the user looks', async (t) => {
  const url = await busWithWorkers(t);
  const home = emptyFolder(t);
  const env = { NATS_URL: 'nats://127.0.0.1:1', NATS_PASSWORD: 'hunter2' };
  const world = { env, home, cwd: home };
  const values = async (kind: string, line: string, more: FakeIoOptions = {}): Promise<string[]> => {
    const { code, stdout, stderr } = await runCli(['completion', 'values', kind, line], { ...world, ...more });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' }, line);
    return linesOf(stdout);
  };
  const line = `heddle-ts submit --nats-url=${url} --user ada `;
  assert.deepEqual(await values('workers', line), ['resize', 'résumé']);
  assert.deepEqual(await values('tiers', `heddle-ts tail --nats-url ${url} --tier `), ['local', 'standard']);
  assert.deepEqual(await values('workers', 'heddle-ts submit '), [], 'the environment names a bus that is not there');
  assert.deepEqual(await values('workers', `heddle-ts submit --nats-url ${url} --set 'text=half`), []);

  const folder = join(home, '.cache', 'heddle-ts');
  const files = readdirSync(folder);
  assert.equal(files.length, 3);
  if (process.platform !== 'win32') {
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    for (const file of files) assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600);
  }
  for (const file of files) assert.ok(!`${file}${readFileSync(join(folder, file), 'utf8')}`.includes('hunter2'));
});

test('an answer is kept for some seconds, and none that others could have written is believed', async (t) => {
  const home = emptyFolder(t);
  const broker = await startBroker();
  const client = await connect({ servers: [broker.url] });
  t.after(() => broker.close());
  client.subscribe('heddle.tasks.resize.local', () => {}, { queue: 'processors-resize' });
  await client.flush();
  let now = Date.parse('2026-04-29T12:00:00Z');
  const ask = async (): Promise<string> => {
    const options = { home, cwd: home, env: { NATS_URL: broker.url }, now: () => now };
    return (await runCli(['completion', 'values', 'workers', ''], options)).stdout;
  };
  assert.equal(await ask(), 'resize\n');
  await client.close();
  now += 9000;
  assert.equal(await ask(), 'resize\n');
  now += 2000;
  assert.equal(await ask(), '');
  const folder = join(home, '.cache', 'heddle-ts');
  const file = join(folder, readdirSync(folder)[0] ?? '');
  writeFileSync(file, JSON.stringify({ at: now, names: ['planted', '$(id)', 7] }));
  assert.equal(await ask(), 'planted\n');
  chmodSync(folder, 0o755);
  assert.equal(await ask(), process.platform === 'win32' ? 'planted\n' : '');
});

test('a server that a .env file names is not sent the credentials of the environment', async (t) => {
  const home = emptyFolder(t);
  let calls = 0;
  const server = createServer(() => {
    calls += 1;
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  writeFileSync(join(home, '.env'), `NATS_URL=nats://127.0.0.1:${port}\n`);
  const env = { NATS_USER: 'ada', NATS_PASSWORD: 'hunter2' };
  const asked = await runCli(['completion', 'values', 'workers', ''], { home, cwd: home, env });
  assert.deepEqual(asked, { code: 0, stdout: '', stderr: '' });
  assert.equal(calls, 0);
});

test('contexts are named without asking a bus', async (t) => {
  const home = emptyFolder(t);
  const contexts = join(home, '.config', 'nats', 'context');
  mkdirSync(contexts, { recursive: true });
  for (const name of ['prod', 'lab']) writeFileSync(join(contexts, `${name}.json`), '{"url":"nats://127.0.0.1:1"}');
  const { stdout } = await runCli(['completion', 'values', 'contexts', 'heddle-ts tail --nats-context '], {
    home,
    cwd: home,
  });
  assert.equal(stdout, 'lab\nprod\n');
});

test('no list, help or map names what only the scripts ask', async () => {
  for (const argv of [['completion', '--help'], ['help', '-o', 'json'], ['--help'], ['completion', 'bash']]) {
    const { stdout } = await runCli(argv);
    assert.doesNotMatch(
      stdout.replaceAll(/heddle-ts completion values/g, ''),
      /completion values|^ +values/m,
      argv.join(' '),
    );
  }
});
