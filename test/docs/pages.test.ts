import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { splitCommand } from '../../src/child/split-command.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { systemClock } from '../../src/time/clock.ts';
import { connect } from '../../src/transport/nats.ts';
import { runCli, startCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { type Block, blocksOf, pattern } from '../helpers/page.ts';
import { inProject } from '../helpers/root.ts';
import { anchorsOf, linksOf } from './links.ts';
import { PAGES } from './pages.ts';
import { WORLDS, type World, type WorldName } from './worlds.ts';

noLeaks();

const zone = process.env.TZ;
before(() => {
  process.env.TZ = 'UTC';
});
after(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

const read = (page: string): string => readFileSync(inProject(page), 'utf8');
const shows = (page: string): Block[] => blocksOf(page).filter(({ language }) => language === 'console');
const pages = readdirSync(inProject('docs')).filter((name) => name.endsWith('.md'));

test('every page of docs/ says in test/docs/pages.ts what keeps it true', () => {
  const there = ['README.md', ...pages.map((name) => `docs/${name}`)];
  for (const page of there)
    assert.ok(page in PAGES, `${page} has no row in test/docs/pages.ts: what holds it to the program?`);
  for (const [page, { world, held = [], words }] of Object.entries(PAGES)) {
    assert.ok(there.includes(page), `test/docs/pages.ts has a row for ${page}, which is not there`);
    for (const file of held) {
      const name = page.replace(/^docs\//, '').replace(/\.md$/, '');
      assert.ok(existsSync(inProject(file)) && read(file).includes(name), `${file} does not name ${page}`);
    }
    assert.ok(world !== undefined || held.length > 0 || words === true, `${page}: nothing holds it`);
    assert.ok(
      words !== true || shows(page).length === 0,
      `${page} shows commands, and its row says that nothing of it can be run`,
    );
  }
});

test('docs/README.md names every page once', () => {
  const named = [...read('docs/README.md').matchAll(/\]\((\w[\w-]*\.md)(?:#[\w-]*)?\)/g)].map(([, name = '']) => name);
  const others = pages.filter((name) => name !== 'README.md');
  for (const name of others) assert.ok(named.includes(name), `docs/README.md does not lead to docs/${name}`);
  assert.deepEqual([...new Set(named)].sort(), others.sort());
});

test('every link leads to a file that is there, and to a heading of it', () => {
  const headings = new Map<string, ReadonlySet<string>>();
  const texts = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...pages.map((name) => `docs/${name}`)];
  for (const page of texts) {
    for (const link of linksOf(read(page))) {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? page : join(dirname(page), file);
      assert.ok(existsSync(inProject(target)), `${page}: ${link} leads nowhere`);
      if (anchor === undefined) continue;
      const there = headings.get(target) ?? anchorsOf(read(target));
      headings.set(target, there);
      assert.ok(there.has(anchor), `${page}: ${link}: ${target} has no such heading`);
    }
  }
});

/** Flags of other programs that pages name: npm, nats, kubectl, node, and programs of a reader's own. */
const FOREIGN = [
  'global',
  'subjects',
  'defaults',
  'from-literal',
  'max-old-space-size',
  'max-semi-space-size',
  'path',
  'fast',
  'bun',
  'rm',
  'read-only',
].map((name) => `--${name}`);

test('every command and every flag that a page names is there', async () => {
  const { stdout } = await runCli(['help', '-o', 'json']);
  const flags = new Set(
    [...stdout.matchAll(/--[a-z][\w-]*/g)].map(([flag]) => flag).concat('--help', '--version', FOREIGN),
  );
  const commands = new Set(COMMANDS.map(({ name }) => name));
  // What is not there, and the commands of others.
  const apart = ['docs/mistakes.md', 'docs/benchmarks.md'];
  for (const page of Object.keys(PAGES).filter((name) => !apart.includes(name))) {
    const text = read(page);
    for (const [flag] of text.matchAll(/(?<![\w-])--[a-z][\w-]+/g)) {
      assert.ok(flags.has(flag), `${page}: ${flag} is a flag of no command`);
    }
    for (const [, command = ''] of text.matchAll(/(?:^\$ |`|npx |")heddle-ts ([a-z][a-z-]+)/gm)) {
      assert.ok(commands.has(command), `${page}: there is no command "${command}"`);
    }
  }
});

/** What every run has new, and a page shows as it was once. */
function steady(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>')
    .replaceAll(/ +[\d.]+ms {2}/g, ' <ms>  ')
    .replaceAll(/\b[\d.]+ ?(?:ms|s)\b/g, '<ms>')
    .replaceAll(/\([\d,]+\/s/g, '(<rate>/s');
}

/** What stands on stdin where a block says `stdin=`. */
const INPUT: Readonly<Record<string, string>> = {
  'worker.yaml': 'name: my worker\nworker_kind: processor\nprocessing_backend: a.B\ndefault_model_tier: Local\n',
};

test('what a page shows of a terminal is what the program prints', async (t) => {
  const made = new Map<WorldName, Promise<World>>();
  const worldOf = (name: WorldName): Promise<World> => {
    const world = made.get(name) ?? WORLDS[name](t);
    made.set(name, world);
    return world;
  };
  for (const [page, { world: usual, talk }] of Object.entries(PAGES)) {
    if (usual === undefined) continue;
    if (usual === 'keeping' && skipWithoutNatsServer() !== false) {
      t.diagnostic(`${page}: ${skipWithoutNatsServer()}`);
      continue;
    }
    const blocks = shows(page);
    assert.ok(blocks.length > 0, `${page} has a world in test/docs/pages.ts, and shows no command`);
    for (const [at, { marks, text }] of blocks.entries()) {
      const world = await worldOf((marks.get('bus') as WorldName | undefined) ?? usual);
      const [first = '', ...rest] = text.replaceAll('nats://localhost:4222', world.url).split('\n');
      const [program, ...argv] = splitCommand(first.replace(/^\$ /, ''));
      assert.equal(program, 'heddle-ts', `${page}: ${first}`);
      const io = {
        cwd: world.folder,
        env: { NATS_URL: world.url || undefined },
        clock: world.clock ?? systemClock,
      };
      const running = startCli(argv, { ...io, stdin: INPUT[marks.get('stdin') ?? ''] ?? '' });
      if (marks.has('meanwhile')) await sendTwo(world.url, running.io.seen(/following/, 30_000));
      const until = marks.get('until');
      if (until !== undefined) {
        await running.io.seen(new RegExp(`^${until}`, 'm'), 30_000);
        running.io.signal('SIGTERM');
      }
      const code = await running.exit;
      const said = running.io.out() + (talk === true || marks.has('exit') ? running.io.err() : '');
      const whole = `${page}: ${first}\n${said}${running.io.err()}`;
      assert.equal(code, Number(marks.get('exit') ?? 0), whole);
      assert.match(steady(said), pattern(steady(rest.join('\n')), true), whole);
      if (at === 0) await world.afterFirst?.();
    }
  }
});

async function sendTwo(url: string, ready: Promise<void>): Promise<void> {
  await ready;
  const client = await connect({ servers: [url], timeoutMs: 20_000 });
  for (const n of [1, 2]) client.publish('heddle.tasks.incoming', `{"worker_type":"echo","payload":{"n":${n}}}`);
  await client.drain();
}
