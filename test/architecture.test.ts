import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { inProject } from './helpers/root.ts';

const { ROOMS, HOMES } = (await import(pathToFileURL(inProject('tools', 'rooms.mjs')).href)) as {
  ROOMS: Record<string, readonly string[]>;
  HOMES: Record<string, readonly string[]>;
};

/** Files directly in src that anything may use; they import nothing but each other. */
const GROUND = ['clock.ts', 'errors.ts', 'suggest.ts', 'system-clock.ts', 'version.ts', 'within.ts'];
/** The faces of the package: they gather, and are imported by nobody. */
const FACES = ['index.ts', 'testing.ts'];

/** The outside world however it is written (`const { env } = process`, `globalThis.process`), and what may reach for it. */
const WORLD =
  /\bprocess\.(?!versions\b|nextTick\b)\w+|\bprocess\s*[[;,)}]|\bglobalThis\.(?:process|console|Date)\b|\bconsole\.\w+|\bDate\.now\b|\bnew Date\b(?!\s*\(\s*[^\s)])|\bMath\.random\(/;
const WORLD_HOMES = ['cli/io.ts', 'system-clock.ts'];

/** Modules of Node that reach outside too, and the files that may. */
const OUTSIDE: Readonly<Record<string, readonly string[]>> = {
  'node:os': ['dev/nats-server.ts'], // a folder for the server's configuration
  'node:process': ['child/program.ts'], // ending a whole group of processes
  'node:child_process': ['child/program.ts'],
  'node:console': [],
  'node:vm': ['tail/guard.ts'], // the engine's own limit on a user's regular expression
  'node:worker_threads': [],
};

/** Where a user comes in: what nothing here leads to is dead, or was forgotten in a list. */
const ENTRIES = [...FACES, 'cli/main.ts'];

/** A folder of things and the list that must name each of them. */
const REGISTRIES: readonly { folder: string; list: string }[] = [
  { folder: 'src/cli/commands', list: 'src/cli/commands/list.ts' },
  { folder: 'src/cli/completion', list: 'src/cli/completion/list.ts' },
  { folder: 'src/validate/rules', list: 'src/validate/rules/list.ts' },
  { folder: 'src/preflight/checks', list: 'src/preflight/checks/list.ts' },
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
  assert.deepEqual(loose.sort(), [...GROUND, ...FACES].sort(), 'files directly in src');
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
      const name = specifier.split('/')[0] as string;
      const home = HOMES[name];
      const allowed = (home ?? []).some((pattern) => matchesGlob(`src/${source.path}`, pattern));
      if (!allowed && !(typeOnly && name === 'commander')) wrong.push(`${source.path} names ${specifier}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('the contract imports no package', () => {
  const outside = sources
    .filter((source) => source.path.startsWith('contract/'))
    .flatMap((source) =>
      source.imports.filter((each) => !each.specifier.startsWith('.') && !each.specifier.startsWith('node:')),
    );
  assert.deepEqual(outside, []);
});

test('only cli/io.ts and the clock of the SDK reach for the process, the console and the clock', () => {
  const wrong: string[] = [];
  for (const source of sources) {
    if (WORLD_HOMES.includes(source.path) || source.path.includes('/generated/')) continue;
    for (const [index, line] of codeOf(source.text).split('\n').entries()) {
      if (WORLD.test(line)) wrong.push(`${source.path}:${index + 1}: ${line.trim()}`);
    }
  }
  assert.deepEqual(wrong, []);
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
  for (const { folder, list } of REGISTRIES) {
    if (!existsSync(inProject(folder))) continue;
    const text = readFileSync(inProject(list), 'utf8');
    const files = readdirSync(inProject(folder)).filter(
      (name) => name.endsWith('.ts') && name !== posix.basename(list),
    );
    assert.ok(files.length > 0, `${folder} is empty`);
    for (const file of files) assert.ok(text.includes(`'./${file}'`), `${folder}/${file} is not in ${list}`);
  }
});

test('no room is called utils or helpers', () => {
  const wrong = sources.filter((source) => /(^|\/)(utils?|helpers?|common|misc)(\/|\.ts$)/.test(source.path));
  assert.deepEqual(
    wrong.map((source) => source.path),
    [],
  );
});

function mayImport(from: string, room: string, target: string): boolean {
  if (GROUND.includes(target)) return true;
  if (FACES.includes(target)) return false;
  if (FACES.includes(from)) return !target.startsWith('cli/');
  const targetRoom = roomOf(target);
  return room === targetRoom || (ROOMS[room] ?? []).includes(targetRoom);
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

/** Comments and the insides of strings say what they like. */
function codeOf(text: string): string {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ' '))
    .replaceAll(/(^|\s)\/\/[^\n]*/g, ' ')
    .replaceAll(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''");
}

// Held here so that a room which loses its last file is noticed.
test('sources were found', () => {
  assert.ok(sources.length > 10, `${sources.length} sources`);
  assert.ok(existsSync(dirname(inProject('src', 'errors.ts'))));
});
