import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readConfigFile } from '../../src/config/read-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'heddle-read-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const windows = process.platform === 'win32';
const code = (name: string): string | undefined => readConfigFile(join(folder, name), name).problems[0]?.code;

test('a file is read under the name it is shown by', () => {
  writeFileSync(join(folder, 'a.yaml'), 'name: x\n');
  const document = readConfigFile(join(folder, 'a.yaml'), 'shown.yaml');
  assert.equal(document.path, 'shown.yaml');
  assert.equal(document.root?.kind, 'map');
});

test('whatever a name leads to, there is a reason', () => {
  mkdirSync(join(folder, 'dir.yaml'));
  symlinkSync('gone', join(folder, 'broken.yaml'));
  symlinkSync('loop.yaml', join(folder, 'loop.yaml'));
  writeFileSync(join(folder, 'large.yaml'), '');
  truncateSync(join(folder, 'large.yaml'), 10 * 1024 * 1024 + 1);
  assert.equal(code('missing.yaml'), 'missing');
  assert.equal(code(''), 'missing');
  assert.equal(code('a.yaml/x.yaml'), 'missing');
  assert.equal(code('dir.yaml'), 'directory');
  assert.equal(code('broken.yaml'), 'missing');
  assert.equal(code('loop.yaml'), 'unreadable');
  assert.equal(code('large.yaml'), 'too_large');
});

test('a FIFO and a device do not hold us up', { skip: windows && 'no FIFOs on Windows' }, () => {
  execFileSync('mkfifo', [join(folder, 'fifo.yaml')]);
  assert.equal(code('fifo.yaml'), 'not_a_file');
  assert.equal(readConfigFile('/dev/zero').problems[0]?.code, 'not_a_file');
});

test('a file without read permission', {
  skip: (windows || process.getuid?.() === 0) && 'everything may be read',
}, () => {
  writeFileSync(join(folder, 'secret.yaml'), 'name: x\n');
  chmodSync(join(folder, 'secret.yaml'), 0);
  assert.equal(code('secret.yaml'), 'unreadable');
});
