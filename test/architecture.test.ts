import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { COMMANDS } from '../src/cli/commands.ts';
import { inProject } from './helpers/root.ts';

const { GROUND, ROOMS, HOMES } = (await import(pathToFileURL(inProject('tools', 'rooms.mjs')).href)) as {
  GROUND: readonly string[];
  ROOMS: Record<string, readonly string[]>;
  HOMES: Record<string, readonly string[]>;
};

/** Files directly in src that anything may use; they import nothing but each other. */
const GROUND_FILES = ['check-options.ts', 'errors.ts', 'remedy.ts', 'suggest.ts', 'version.ts'];
/** The faces of the package: they gather, and are imported by nobody. */
const FACES = ['gateway-client.ts', 'index.ts', 'testing.ts'];

/** The outside world however it is written (`const { env } = process`, `globalThis.process`), and what may reach for it. */
const WORLD =
  /\bprocess\.(?!versions\b|nextTick\b)\w+|\bprocess\s*[[;,)}]|\bglobalThis\.(?:process|console|Date)\b|\bconsole\.\w+|\bDate\.now\b|\bnew Date\b(?!\s*\(\s*[^\s)])|\bMath\.random\(/;
const WORLD_HOMES = ['cli/io.ts', 'time/clock.ts'];

/**
 * Time that is taken instead of being handed in. Everything else has it from a Clock, so that a test decides how late it
 * is; there is no exception, because the clock of the system costs a message nothing.
 */
const OWN_TIME =
  /\bperformance\.(?:now|timeOrigin)\b|\bDate\.now\b|(?<!\.)\bset(?:Timeout|Interval|Immediate)\b|\bglobalThis\.set\w+|\bAbortSignal\.timeout\b/;
const TIME_MODULES = /^(?:node:)?(?:timers(?:\/promises)?|perf_hooks)$/;
const TIME_HOMES = ['time/clock.ts', 'time/turn.ts'];

/** Modules of Node that reach outside too, and the files that may. */
const OUTSIDE: Readonly<Record<string, readonly string[]>> = {
  'node:os': [
    'dev/nats-server.ts', // a folder for the server's configuration
    'gateway/mqtt/settings.ts', // replicas on different machines have different names
    'store/directory/processes.ts', // on which machine a writer lives
  ],
  'node:process': [
    'child/program.ts', // ending a whole group of processes
    'store/shared-folder.ts', // whose a file or folder in a shared folder is
    'store/directory/processes.ts', // which process writes, and whether another one lives
  ],
  'node:child_process': ['child/foreground.ts', 'child/program.ts', 'child/said-by.ts'],
  'node:console': [],
  'node:vm': ['time/guard.ts'], // the engine's own limit on a user's regular expression
  'node:worker_threads': [],
};

/**
 * What a reader of messages would have to type: flags, and commands of this program. Only the command line words them; below it an
 * error or a finding says what to do as data (src/remedy.ts), and is told by its caller what a value is called.
 */
const TYPED = new RegExp(`--[a-z][a-z-]*|heddle-ts (?:${COMMANDS.map(({ name }) => name).join('|')})\\b`);

/** What looks like it and is none. */
const NOT_TYPED: readonly { file: string; text: string; why: string }[] = [
  { file: 'config/glob.ts', text: '--depth', why: 'counts down' },
  { file: 'dev/run.ts', text: "connect('heddle-ts dev router'", why: 'the name of a connection' },
  { file: 'dev/run.ts', text: 'connect(`heddle-ts dev worker ${name}`', why: 'the name of a connection' },
  { file: 'preflight/smoke.ts', text: "sent_by: 'heddle-ts preflight'", why: 'tells on the wire who sent the task' },
  { file: 'topology/role.ts', text: "GATEWAY = 'heddle-ts gateway'", why: 'the name of a connection' },
  { file: 'topology/router-problems.ts', text: "startsWith('heddle-ts router')", why: 'the name of a connection' },
];

/** Where a user comes in: what nothing here leads to is dead, or was forgotten in a list. */
const ENTRIES = [...FACES, 'cli/main.ts'];

/** A folder of things and the list that must name each of them. */
const REGISTRIES: readonly { folder: string; list: string; everything?: boolean }[] = [
  ...readdirSync(inProject('src', 'cli'))
    .filter((command) => existsSync(inProject('src', 'cli', command, 'formats')))
    .map((command) => ({ folder: `src/cli/${command}/formats`, list: `src/cli/${command}/formats/list.ts` })),
  // A file holds a family: what it exports is a member, or a list of members.
  { folder: 'src/validate/rules', list: 'src/validate/rules/list.ts', everything: true },
  { folder: 'src/preflight/checks', list: 'src/preflight/checks/list.ts', everything: true },
  { folder: 'src/gateway/parts', list: 'src/gateway/parts/list.ts' },
  { folder: 'src/config/views/gateway-config/parts', list: 'src/config/views/gateway-config/parts/list.ts' },
  { folder: 'src/gateway/routes', list: 'src/gateway/routes/list.ts' },
  { folder: 'src/gateway/webhook/schemes', list: 'src/gateway/webhook/schemes/list.ts' },
  { folder: 'src/cli/top/screens', list: 'src/cli/top/screens/list.ts' },
];

interface Source {
  path: string;
  text: string;
  imports: { specifier: string; typeOnly: boolean }[];
}

const sources = readSources();

test('the table of rooms is the list of folders in src', () => {
  const folders = readdirSync(inProject('src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const folder of folders) assert.ok(folder.name in ROOMS, `src/${folder.name} is in no row of ROOMS`);
  const loose = readdirSync(inProject('src')).filter((name) => name.endsWith('.ts'));
  assert.deepEqual(loose.sort(), [...GROUND_FILES, ...FACES].sort(), 'files directly in src');
});

test('imports go downwards only', () => {
  const wrong: string[] = [];
  for (const source of sources) {
    const room = roomOf(source.path);
    for (const { specifier } of source.imports) {
      if (!specifier.startsWith('.')) continue;
      const target = posix.normalize(posix.join(posix.dirname(source.path), specifier));
      assert.ok(
        sources.some((each) => each.path === target),
        `${source.path} imports ${specifier}, which is no source`,
      );
      if (!mayImport(source.path, room, target)) wrong.push(`${source.path} imports ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('each package has one home', () => {
  const wrong: string[] = [];
  for (const source of sources) {
    for (const { specifier, typeOnly } of source.imports) {
      if (specifier.startsWith('.') || specifier.startsWith('node:')) continue;
      const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
      const home = HOMES[name];
      const allowed = (home ?? []).some((pattern) => matchesGlob(`src/${source.path}`, pattern));
      if (!allowed && !(typeOnly && name === 'commander')) wrong.push(`${source.path} names ${specifier}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('the contract and the ground import no package', () => {
  const outside = sources
    .filter((source) => ['contract', ...GROUND].includes(roomOf(source.path)))
    .flatMap((source) =>
      source.imports.filter((each) => !each.specifier.startsWith('.') && !each.specifier.startsWith('node:')),
    );
  assert.deepEqual(outside, []);
});

test('time is asked for, and waited for, on a clock that was handed in', () => {
  const wrong = sources
    .filter(({ path }) => !TIME_HOMES.includes(path))
    .flatMap(({ path, text }) => ownTime(text).map(({ line, code }) => `src/${path}:${line}: ${code}`));
  assert.equal(
    wrong.length,
    0,
    `these ask the runtime for the time:\n${wrong.join('\n')}\nTake a Clock instead (src/time/clock.ts): \`clock.now()\` for the time of day, \`clock.elapsed()\` for durations, \`clock.after\` and \`clock.every\` for timers; \`sleep\`, \`within\` and \`deadline\` are in src/time/wait.ts, and \`nextTurn\` in src/time/turn.ts gives way once. A command finds the clock at \`session.io.clock\`; a public function takes it as an option that defaults to \`systemClock\`.`,
  );
});

test('the fence around time sees every way there is to go around the clock', () => {
  for (const line of [
    'const from = performance.now();',
    'at: performance.timeOrigin',
    'const at = Date.now();',
    'map(Date.now)',
    'setTimeout(done, ms);',
    'let timer: ReturnType<typeof setTimeout> | undefined;',
    'globalThis.setInterval(look, 5)',
    'await new Promise(setImmediate);',
    'signal: AbortSignal.timeout(500)',
    "import { setTimeout as sleep } from 'node:timers/promises';",
    "import { performance } from 'node:perf_hooks';",
    "await import('timers')",
  ]) {
    assert.equal(ownTime(`a\n${line}\n`)[0]?.line, 2, line);
  }
  for (const line of [
    'clock.now()',
    '// Date.now() costs as much as a message',
    "hint: 'longer than setTimeout can hold'",
    'const LONGEST_TIMER_MS = 5;',
    'socket.setTimeout(5);',
    "import { sleep } from '../time/wait.ts';",
  ]) {
    assert.deepEqual(ownTime(line), [], line);
  }
});

test('only cli/io.ts and the clock of the system reach for the process, the console and the time of day', () => {
  const wrong: string[] = [];
  for (const source of sources) {
    if (WORLD_HOMES.includes(source.path) || source.path.includes('/generated/')) continue;
    for (const [index, line] of codeOf(source.text).split('\n').entries()) {
      if (WORLD.test(line)) wrong.push(`${source.path}:${index + 1}: ${line.trim()}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('below the command line no message names a flag or a command', () => {
  const wrong: string[] = [];
  const met = new Set<string>();
  for (const { path, text } of sources) {
    if (path.startsWith('cli/')) continue;
    for (const [index, line] of withoutComments(text).split('\n').entries()) {
      const known = NOT_TYPED.filter((each) => each.file === path && line.includes(each.text));
      for (const each of known) met.add(each.text);
      const rest = known.reduce((left, each) => left.replace(each.text, ''), line);
      const typed = TYPED.exec(rest)?.[0];
      if (typed === undefined) continue;
      wrong.push(
        `src/${path}:${index + 1} says ${JSON.stringify(typed)}: give a remedy (src/remedy.ts), and word it in src/cli/remedies.ts`,
      );
    }
  }
  assert.deepEqual(wrong, []);
  for (const { file, text } of NOT_TYPED)
    assert.ok(met.has(text), `src/${file} no longer has ${text}: take it off the list`);
});

test('every remedy is given by some room', () => {
  const union = sources.find(({ path }) => path === 'remedy.ts')?.text ?? '';
  const names = [...union.matchAll(/^ {2}'([a-z-]+)':/gm)].map(([, name]) => name as string);
  assert.ok(names.length > 40, `${names.length} remedies`);
  const rooms = sources.filter(({ path }) => path.includes('/') && !path.startsWith('cli/'));
  assert.deepEqual(
    names.filter((name) => !rooms.some(({ text }) => text.includes(`'${name}'`))),
    [],
    'nobody needs it any more: take it out of the union',
  );
});

test('modules that reach outside are named where that is the work', () => {
  const wrong = sources.flatMap((source) =>
    source.imports
      .filter(({ specifier }) => OUTSIDE[specifier]?.includes(source.path) === false)
      .map(({ specifier }) => `${source.path} names ${specifier}`),
  );
  assert.deepEqual(wrong, []);
});

test('every source is reached from an entry', () => {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const reached = new Set<string>();
  const visit = (path: string): void => {
    const source = byPath.get(path);
    if (source === undefined || reached.has(path)) return;
    reached.add(path);
    for (const { specifier } of source.imports) {
      if (specifier.startsWith('.')) visit(posix.normalize(posix.join(posix.dirname(path), specifier)));
    }
  };
  for (const entry of ENTRIES) visit(entry);
  assert.deepEqual(
    sources.map(({ path }) => path).filter((path) => !reached.has(path)),
    [],
    'forgotten in a list, or not needed any more',
  );
});

test('every registry lists its folder', () => {
  for (const { folder, list, everything = false } of REGISTRIES) {
    if (!existsSync(inProject(folder))) continue;
    const text = readFileSync(inProject(list), 'utf8');
    const files = readdirSync(inProject(folder)).filter(
      (name) => name.endsWith('.ts') && name !== posix.basename(list),
    );
    assert.ok(files.length > 0, `${folder} is empty`);
    for (const file of files) {
      assert.ok(text.includes(`'./${file}'`), `${folder}/${file} is not in ${list}`);
      if (!everything) continue;
      const members = readFileSync(inProject(folder, file), 'utf8').matchAll(/^export (?:const|function) (\w+)/gm);
      for (const [, name = ''] of members) {
        const named = new RegExp(`^ +(?:\\.{3})?${name}\\b`, 'm').test(text);
        assert.ok(named, `${folder}/${file} exports ${name}, and the list in ${list} does not hold it`);
      }
    }
  }
});

test('every command is in the list, and every shell in its own', () => {
  const cli = inProject('src', 'cli');
  const commands = readFileSync(join(cli, 'commands.ts'), 'utf8');
  for (const folder of readdirSync(cli)) {
    if (!existsSync(join(cli, folder, 'command.ts'))) continue;
    assert.ok(
      commands.includes(`'./${folder}/command.ts'`),
      `src/cli/${folder}/command.ts is a command that src/cli/commands.ts does not list`,
    );
  }
  const shells = readFileSync(join(cli, 'completion', 'list.ts'), 'utf8');
  for (const file of readdirSync(join(cli, 'completion'))) {
    const text = readFileSync(join(cli, 'completion', file), 'utf8');
    if (!/: Shell = \{/.test(text)) continue;
    assert.ok(shells.includes(`'./${file}'`), `src/cli/completion/${file} is a shell that list.ts does not name`);
  }
});

test('no two sources import each other, by whatever way round', () => {
  assert.deepEqual(cyclesOf(sources), [], 'take out what both need, and let both import that');
});

test('no room is called utils or helpers', () => {
  const wrong = sources.filter((source) => /(^|\/)(utils?|helpers?|common|misc)(\/|\.ts$)/.test(source.path));
  assert.deepEqual(
    wrong.map((source) => source.path),
    [],
  );
});

/** Each circle once, as the files on it; type imports count: what one must know to read the other. */
function cyclesOf(all: readonly Source[]): string[] {
  const imports = new Map(
    all.map(({ path, imports }) => [
      path,
      imports
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => posix.normalize(posix.join(posix.dirname(path), specifier))),
    ]),
  );
  const state = new Map<string, 'open' | 'done'>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      found.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
      return;
    }
    state.set(path, 'open');
    for (const next of imports.get(path) ?? []) visit(next, [...trail, path]);
    state.set(path, 'done');
  };
  for (const path of imports.keys()) visit(path, []);
  return found;
}

function mayImport(from: string, room: string, target: string): boolean {
  if (GROUND_FILES.includes(target)) return true;
  if (FACES.includes(target)) return false;
  if (FACES.includes(from)) return !target.startsWith('cli/');
  const targetRoom = roomOf(target);
  return [room, ...GROUND, ...(ROOMS[room] ?? [])].includes(targetRoom);
}

/** `*` within a folder, a closing `**` for everything below. */
function matchesGlob(path: string, pattern: string): boolean {
  if (pattern.endsWith('/**')) return path.startsWith(pattern.slice(0, -2));
  const [before = '', after = ''] = pattern.split('*');
  const middle = path.slice(before.length, path.length - after.length);
  return path.startsWith(before) && path.endsWith(after) && !middle.includes('/');
}

function roomOf(path: string): string {
  return path.includes('/') ? (path.split('/')[0] as string) : '';
}

function readSources(): Source[] {
  const root = inProject('src');
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const text = readFileSync(file, 'utf8');
      return { path: relative(root, file).split(sep).join('/'), text, imports: importsOf(text) };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function importsOf(text: string): Source['imports'] {
  const found: Source['imports'] = [];
  for (const match of text.matchAll(/^(?:import|export)\s+(type\s)?[^;'"]*?from\s+['"]([^'"]+)['"]/gm)) {
    found.push({ specifier: match[2] as string, typeOnly: match[1] !== undefined });
  }
  for (const match of text.matchAll(/^import\s+['"]([^'"]+)['"]/gm))
    found.push({ specifier: match[1] as string, typeOnly: false });
  for (const match of text.matchAll(/(typeof\s+)?\bimport\(\s*['"]([^'"]+)['"]/g)) {
    found.push({ specifier: match[2] as string, typeOnly: match[1] !== undefined });
  }
  return found;
}

/** Each line of a source that takes the time by itself. */
function ownTime(text: string): { line: number; code: string }[] {
  const modules = importsOf(text).filter(({ specifier }) => TIME_MODULES.test(specifier));
  const lines = text.split('\n');
  return codeOf(text)
    .split('\n')
    .map((code, at) => ({ line: at + 1, code: (lines[at] ?? '').trim(), taken: OWN_TIME.test(code) }))
    .filter(({ code, taken }) => taken || modules.some(({ specifier }) => code.includes(`'${specifier}'`)));
}

/** Comments and the insides of strings say what they like. */
function codeOf(text: string): string {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ' '))
    .replaceAll(/(^|[^\S\n])\/\/[^\n]*/gm, ' ')
    .replaceAll(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''");
}

/** Lines keep their numbers. Only what begins after white space is a comment: the others are parts of strings. */
function withoutComments(text: string): string {
  return text
    .replaceAll(/(?<=^|\s)\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ' '))
    .replaceAll(/(?<=^|\s)\/\/[^\n]*/g, '');
}

// Held here so that a room which loses its last file is noticed.
test('sources were found', () => {
  assert.ok(sources.length > 10, `${sources.length} sources`);
  assert.ok(existsSync(dirname(inProject('src', 'errors.ts'))));
});
