import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startBroker } from '../../src/broker/broker.ts';
import { commandMap, commandsByPath, type MappedCommand } from '../../src/cli/command-map.ts';
import { loadWholeProgram } from '../../src/cli/program.ts';
import { type FakeIo, startCli } from '../helpers/fake-io.ts';

// A token lands where it does not belong: behind any flag, as any operand, as a flag, as a command. Whatever the place, it is not
// repeated. The places are those that the program itself knows, so that a new flag is tried without a line here.

const SECRET = `ghp_${'a1B2'.repeat(9)}`;

const VALUES = [SECRET, `x/${SECRET}/y`, ...(process.env.HEDDLE_SOAK === '1' ? [`${SECRET}=z`, `${SECRET}.yaml`] : [])];

/** With these a command comes as far as using what its other flags say. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  validate: ['configs/workers/w.yaml'],
  submit: ['echo', '--set', 'a=b', '--allow-unheard'],
  tail: ['--for', '20ms'],
  worker: ['--config', 'configs/workers/w.yaml', '--echo'],
  gateway: ['--listen', '127.0.0.1:0'],
  dev: ['--bus', 'builtin'],
  'dead-letter show': ['x'],
  'dead-letter import': ['letters.ndjson'],
  'dead-letter replay show': ['x'],
  'dead-letter replay resume': ['x'],
  'dead-letter replay abort': ['x'],
  'gateway mqtt-topic': ['a/b'],
  completion: ['bash'],
};

/** Their answers repeat what was typed: ids, subjects, the messages themselves. What they say beside it does not. */
const EXACT =
  /^(?:submit|tail|top|acl|gateway mqtt-topic|dead-letter (?:groups|list|show|export|import|watch|archive|restore|delete|purge|replay.*))$/;

/** Longer than anything takes that ends by itself. */
const LASTING_MS = 250;
const AT_ONE_TIME = 16;

interface Place {
  readonly path: string;
  readonly argv: readonly string[];
}

function placesOf(path: string, command: MappedCommand, url: string): Place[] {
  const words = path.split(' ');
  const beside = BESIDE[path] ?? [];
  const takes = (long: string): boolean => command.options.some((option) => option.long === long);
  const reaching = takes('--nats-url') ? ['--nats-url', url, '--timeout', '300ms'] : [];
  const without = (given: readonly string[], flag: string): readonly string[] =>
    given.filter((word, at) => word !== flag && given[at - 1] !== flag);
  const flags = command.options.flatMap(({ long, takes_value }) =>
    long === null || !takes_value
      ? []
      : VALUES.map((value) => [...without(beside, long), ...without(reaching, long), `${long}=${value}`]),
  );
  // What it was told is shown then, by the same words in every command.
  const verbose = path === 'reload' ? flags.map((argv) => [...argv, '-v']) : [];
  const others = [
    [SECRET, ...reaching],
    [...beside, SECRET, ...reaching],
    [...beside, ...reaching, `--${SECRET}`],
  ];
  return [...flags, ...verbose, ...others].map((argv) => ({ path, argv: [...words, ...argv] }));
}

function folder(t: TestContext): string {
  const cwd = mkdtempSync(join(tmpdir(), 'misplaced-'));
  t.after(() => rmSync(cwd, { recursive: true, force: true }));
  mkdirSync(join(cwd, 'configs', 'workers'), { recursive: true });
  writeFileSync(join(cwd, 'configs', 'workers', 'w.yaml'), 'name: w\nworker_kind: processor\n');
  writeFileSync(join(cwd, 'letters.ndjson'), '');
  return cwd;
}

test('a secret is not repeated behind any flag of any command, nor as an operand, a flag or a command', async (t) => {
  const broker = await startBroker();
  t.after(() => broker.close());
  const cwd = folder(t);
  const { commands } = commandMap(await loadWholeProgram());
  const places = [...commandsByPath(commands)].flatMap(([path, command]) => placesOf(path, command, broker.url));
  const ends = async ({ argv }: Place): Promise<FakeIo> => {
    const { io, exit } = startCli(argv, { cwd, home: cwd, env: { PATH: process.env.PATH } });
    const lasting = setTimeout(() => io.signal('SIGTERM'), LASTING_MS);
    await exit;
    clearTimeout(lasting);
    return io;
  };
  let hidden = 0;
  for (let at = 0; at < places.length; at += AT_ONE_TIME) {
    await Promise.all(
      places.slice(at, at + AT_ONE_TIME).map(async (place) => {
        const io = await ends(place);
        const said = EXACT.test(place.path) ? io.err() : io.out() + io.err();
        assert.ok(!said.includes(SECRET), `${place.argv.join(' ')}\n${said}`);
        if (said.includes('xxxxx')) hidden += 1;
      }),
    );
  }
  assert.ok(hidden > places.length / 3, `only ${hidden} of ${places.length} said anything of it`);
});

test('nor where a config names a variable or a file', async (t) => {
  const cwd = folder(t);
  for (const ref of [`env: ${SECRET}`, `file: ./${SECRET}`]) {
    writeFileSync(join(cwd, 'gateway.yaml'), `kind: gateway\nauth: {tokens: [{id: a, ${ref}, scopes: [submit]}]}\n`);
    for (const output of ['human', 'json']) {
      const { io, exit } = startCli(['gateway', 'check', 'gateway.yaml', '--secrets', '-o', output], {
        cwd,
        home: cwd,
      });
      assert.equal(await exit, 2);
      assert.ok(!`${io.out()}${io.err()}`.includes(SECRET), io.out() + io.err());
      assert.match(io.out() + io.err(), /token a: the \w+ (?:\.\/)?xxxxx/);
    }
  }
});
