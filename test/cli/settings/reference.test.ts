import assert from 'node:assert/strict';
import { test } from 'node:test';
import { specOf } from '../../../src/cli/settings/catalog.ts';
import { environmentOf } from '../../../src/cli/settings/environment.ts';
import { nodeFiles, readSettingsText } from '../../../src/cli/settings/files.ts';
import { type Place, resolveMaterial } from '../../../src/cli/settings/reference.ts';
import type { Source } from '../../../src/cli/settings/source.ts';

const FLAG: Source = { kind: 'flag', flag: '--creds' };
const VARIABLE: Source = { kind: 'environment', variable: 'NATS_CREDS' };
const environment = environmentOf({ HERE: 'C:\\certs', HOLE: '' });
const windows: Place = { cwd: 'D:\\work', home: 'C:\\Users\\ann', platform: 'win32', environment };
const linux: Place = {
  cwd: '/site',
  home: '/home/ann',
  platform: 'linux',
  environment: environmentOf({ HERE: '/certs' }),
};

test('paths of both worlds', () => {
  const cases: [place: Place, source: Source, text: string, path: string][] = [
    [windows, VARIABLE, 'C:\\x\\a.creds', 'C:\\x\\a.creds'],
    [windows, VARIABLE, '~\\a.creds', 'C:\\Users\\ann\\a.creds'],
    [windows, VARIABLE, '~/a.creds', 'C:\\Users\\ann\\a.creds'],
    [windows, VARIABLE, 'file:///C:/x/a.creds', 'C:\\x\\a.creds'],
    [windows, VARIABLE, 'sub\\a.creds', 'D:\\work\\sub\\a.creds'],
    [windows, VARIABLE, '$HERE\\a.creds', 'C:\\certs\\a.creds'],
    [linux, VARIABLE, '$HERE/a', '/certs/a'],
    [linux, VARIABLE, '~', '/home/ann'],
    [linux, VARIABLE, '~bob/a', '/site/~bob/a'],
    [linux, VARIABLE, '/x/~/a', '/x/~/a'],
    [linux, VARIABLE, 'cost$', '/site/cost$'],
    [linux, VARIABLE, 'FILE:///x/a', '/x/a'],
    [linux, FLAG, '~/a', '/home/ann/a'],
    [linux, FLAG, '$HERE/a', '/site/$HERE/a'],
    [linux, FLAG, '../a', '/a'],
  ];
  for (const [place, source, text, path] of cases) {
    assert.deepEqual(resolveMaterial(text, specOf('creds'), source, place), { kind: 'file', path }, text);
  }
});

test('what a path cannot be made of', () => {
  const homeless = { ...linux, home: '' };
  assert.throws(() => resolveMaterial('~/a', specOf('creds'), VARIABLE, homeless), /there is no home directory/);
  assert.throws(() => resolveMaterial('$HOLE/a', specOf('creds'), VARIABLE, windows), /uses \$HOLE, which is not set/);
});

test('an endless file ends', { skip: process.platform === 'win32' ? 'no /dev/zero' : false }, () => {
  assert.throws(() => readSettingsText(nodeFiles, '/dev/zero', 'it'), /\/dev\/zero is larger than 1 MiB/);
});
