import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { byParts, configsUnder, findFiles, isDirectory, tidy } from '../../src/config/find-files.ts';
import { expandBraces, segmentMatcher } from '../../src/config/glob.ts';

const WINDOWS = process.platform === 'win32' ? 'Windows has other permissions' : false;
const cwd = mkdtempSync(join(tmpdir(), 'heddle-find-'));
after(() => rmSync(cwd, { recursive: true, force: true }));
for (const file of [
  'configs/a.yaml',
  'configs/a/b.yaml',
  'configs/B.yaml',
  'configs/c.yml',
  'configs/_template.yaml',
  'configs/.hidden.yaml',
  'configs/.hid/x.yaml',
  'configs/d.YAML',
  'configs/notes.txt',
  'configs/dir.yaml/inner.yaml',
  'other/[odd].yaml',
]) {
  mkdirSync(dirname(join(cwd, file)), { recursive: true });
  writeFileSync(join(cwd, file), 'name: x\n');
}
symlinkSync('..', join(cwd, 'configs', 'loop'));
symlinkSync('nowhere', join(cwd, 'configs', 'broken.yaml'));

test('a directory is searched as Heddle searches it, .yml besides', () => {
  assert.deepEqual(configsUnder('configs', { cwd }), [
    'configs/.hid/x.yaml',
    'configs/B.yaml',
    'configs/a/b.yaml',
    'configs/a.yaml',
    'configs/broken.yaml',
    'configs/c.yml',
    'configs/dir.yaml',
    'configs/dir.yaml/inner.yaml',
  ]);
  assert.ok(!configsUnder('configs', { cwd, heddle: true }).includes('configs/c.yml'));
});

test('arguments: files as they are, directories searched, globs expanded, each file once', () => {
  const { files, unmatched } = findFiles(
    ['configs/a', './configs//a/b.yaml', 'configs/*.yml', 'missing.yaml', '-', '[a', 'none/*.yaml'],
    { cwd },
  );
  assert.deepEqual(files, ['configs/a/b.yaml', 'configs/c.yml', 'missing.yaml', '-']);
  assert.deepEqual(unmatched, ['[a', 'none/*.yaml']);
});

test('as Heddle takes them, nothing is expanded and nothing is left out', () => {
  assert.deepEqual(findFiles(['a.yaml', './a.yaml', 'configs'], { cwd, heddle: true }).files, [
    'a.yaml',
    'a.yaml',
    'configs',
  ]);
});

test('an empty name is no way of saying the directory where we are', () => {
  assert.deepEqual(findFiles(['', 'configs/a.yaml'], { cwd }).files, ['', 'configs/a.yaml']);
});

test('globs', () => {
  const matches = (pattern: string): readonly string[] => findFiles([pattern], { cwd }).files;
  assert.deepEqual(matches('configs/**/*.yaml'), [
    'configs/B.yaml',
    'configs/_template.yaml',
    'configs/a/b.yaml',
    'configs/a.yaml',
    'configs/broken.yaml',
    'configs/dir.yaml/inner.yaml',
  ]);
  assert.deepEqual(matches('configs/{a,c}.{yaml,yml}'), ['configs/a.yaml', 'configs/c.yml']);
  assert.deepEqual(matches('*/[a-b].yaml'), ['configs/a.yaml']);
  assert.deepEqual(matches('configs/?.yaml'), ['configs/B.yaml', 'configs/a.yaml']);
  assert.deepEqual(matches('other/[[]odd].yaml'), ['other/[odd].yaml']);
  assert.deepEqual(matches('other/[odd].yaml'), ['other/[odd].yaml'], 'a file of that very name wins over the pattern');
  assert.deepEqual(matches(`${cwd}/configs/*.yml`), [`${cwd}/configs/c.yml`]);
});

test('the matcher of one segment', () => {
  const table: [pattern: string, name: string, expected: boolean][] = [
    ['*', 'a', true],
    ['*', '.a', false],
    ['.*', '.a', true],
    ['a*b*c', 'aXXbYYc', true],
    ['a*b*c', 'aXXbYY', false],
    ['[!a]x', 'bx', true],
    ['[!a]x', 'ax', false],
    ['[^a]x', 'bx', true],
    ['[]]x', ']x', true],
    ['[a', '[a', true],
    ['?', 'é', true],
    ['?', '😀', true],
  ];
  for (const [pattern, name, expected] of table)
    assert.equal(segmentMatcher(pattern)(name), expected, `${pattern} ${name}`);
});

test('a hostile pattern takes no time', () => {
  const before = process.cpuUsage();
  segmentMatcher(`${'a*'.repeat(100)}b`)('a'.repeat(250));
  assert.equal(expandBraces('{a,b}'.repeat(60)).length <= 1000, true);
  assert.ok(process.cpuUsage(before).user < 5_000_000);
});

test('order goes part by part, upper case first', () => {
  assert.deepEqual(['a.yaml', 'a/b.yaml', 'B.yaml', 'a'].sort(byParts), ['B.yaml', 'a', 'a/b.yaml', 'a.yaml']);
});

test('paths are shortened, .. stays', () => {
  const table = [
    ['./x', 'x'],
    ['a//b', 'a/b'],
    ['a/../b', 'a/../b'],
    ['/a/./b/', '/a/b'],
    ['.', '.'],
    ['/', '/'],
  ];
  for (const [path, expected] of table) assert.equal(tidy(path!), expected);
});

test('what may not be looked at is told, not taken for empty; Heddle itself passes over it', { skip: WINDOWS }, (t) => {
  const root = mkdtempSync(join(tmpdir(), 'heddle-shut-'));
  const shut = join(root, 'shut');
  mkdirSync(shut);
  writeFileSync(join(shut, 'a.yaml'), 'name: a\n');
  writeFileSync(join(root, 'b.yaml'), 'name: b\n');
  symlinkSync('loop', join(root, 'loop'));
  chmodSync(root, 0o755);
  chmodSync(shut, 0);
  t.after(() => {
    chmodSync(shut, 0o700);
    rmSync(root, { recursive: true });
  });
  // The superuser may look at everything.
  const superuser = process.geteuid?.() === 0;
  if (superuser) process.seteuid?.(65534);
  try {
    assert.throws(() => configsUnder(root), {
      code: 'input_unreadable',
      message: `cannot look at ${JSON.stringify(shut)}: permission denied`,
    });
    assert.throws(() => findFiles([`${root}/**/*.yaml`]), { code: 'input_unreadable' });
    assert.throws(() => isDirectory(join(shut, 'inside')), { code: 'input_unreadable' });
    assert.throws(() => isDirectory(join(root, 'loop')), /cannot look at .*loop.*ELOOP/);
    assert.deepEqual(configsUnder(root, { heddle: true }), [`${root}/b.yaml`]);
  } finally {
    if (superuser) process.seteuid?.(0);
  }
});
