import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { environmentOf, loadEnvironment } from '../../../src/cli/settings/environment.ts';
import { nodeFiles } from '../../../src/cli/settings/files.ts';
import { sourceText } from '../../../src/cli/settings/source.ts';
import { isHeddleError, isOutOfFiles } from '../../../src/errors.ts';
import { testPlace } from './place.ts';

const { platform } = process;

test('the environment goes before .env, and each value knows its place', async (t) => {
  const place = testPlace(t);
  place.write('.env', 'A=file\nB=file\nexport C="two words" # note\nD=\nE=$A\n');
  const environment = await loadEnvironment({ env: { A: 'process', D: 'process' }, cwd: place.cwd, platform });
  const shown = ['A', 'B', 'C', 'D', 'E', 'F'].map((name) => {
    const found = environment.get(name);
    return found && `${found.value} from ${sourceText(found.source)}`;
  });
  assert.deepEqual(shown, [
    'process from environment A',
    'file from .env (./.env) B',
    'two words from .env (./.env) C',
    'process from environment D',
    '$A from .env (./.env) E',
    undefined,
  ]);
  assert.equal(environment.file, './.env');
  assert.deepEqual(environment.warnings, []);
});

test('empty is unset, and an empty variable still hides the .env file', async (t) => {
  const place = testPlace(t);
  place.write('.env', 'A=file\nB=\n');
  const environment = await loadEnvironment({ env: { A: '' }, cwd: place.cwd, platform });
  assert.equal(environment.get('A'), undefined);
  assert.equal(environment.get('B'), undefined);
});

test('names of the language are ordinary names', async (t) => {
  const place = testPlace(t);
  place.write('.env', '__proto__=x\nconstructor=y\n');
  const environment = await loadEnvironment({ env: {}, cwd: place.cwd, platform });
  assert.equal(environment.get('toString'), undefined);
  assert.equal(environment.get('constructor')?.value, 'y');
  assert.equal(environmentOf({}).get('constructor'), undefined);
});

test('--env-file and --no-env-file', async (t) => {
  const place = testPlace(t);
  place.write('.env', 'A=default\n');
  place.write('other.env', 'A=other\r\nB=crlf\r\n');
  const load = (envFile: string | false | undefined) => loadEnvironment({ env: {}, cwd: place.cwd, platform, envFile });
  assert.equal((await load(undefined)).get('A')?.value, 'default');
  const other = await load('other.env');
  assert.equal(other.get('A')?.value, 'other');
  assert.equal(other.get('B')?.value, 'crlf');
  assert.equal(sourceText(other.get('A')!.source), '.env (other.env) A');
  const none = await load(false);
  assert.equal(none.get('A'), undefined);
  assert.equal(none.file, undefined);
});

test('a named file that cannot be read is an error; ./.env is a warning, and its absence nothing', async (t) => {
  const place = testPlace(t);
  place.write('latin1.env', Uint8Array.from([0x41, 0x3d, 0xe9]));
  place.write('utf16.env', Uint8Array.from([0xff, 0xfe, 0x41, 0x00]));
  place.write('huge.env', 'A=1\n'.repeat(300_000));
  mkdirSync(join(place.cwd, 'dir.env'));
  const cases: [name: string, message: RegExp, hint: RegExp][] = [
    ['missing.env', /--env-file: .*missing\.env does not exist$/, /path/],
    ['dir.env', /dir\.env is a directory$/, /path/],
    ['latin1.env', /latin1\.env is not UTF-8 text$/, /UTF-8/],
    ['utf16.env', /utf16\.env is not UTF-8 text$/, /PowerShell/],
    ['huge.env', /huge\.env is larger than 1 MiB$/, /small/],
    ['nul\0.env', /nul\\x00\.env is not a path$/, /path/],
  ];
  for (const [envFile, message, hint] of cases) {
    await assert.rejects(loadEnvironment({ env: {}, cwd: place.cwd, platform, envFile }), (error) => {
      assert.ok(isHeddleError(error), String(error));
      assert.equal(error.code, 'settings_invalid');
      assert.match(error.message, message);
      assert.match(error.hint ?? '', hint);
      return true;
    });
  }

  const absent = await loadEnvironment({ env: {}, cwd: place.cwd, platform });
  assert.deepEqual([absent.file, absent.warnings.length], [undefined, 0]);
  place.write('.env', Uint8Array.from([0xff]));
  const broken = await loadEnvironment({ env: { A: 'x' }, cwd: place.cwd, platform });
  assert.equal(broken.get('A')?.value, 'x');
  assert.match(broken.warnings[0]!.message, /the \.env file: .*\.env is not UTF-8/);
});

test('a directory named .env is a virtual environment, not a mistake', async (t) => {
  const place = testPlace(t);
  mkdirSync(join(place.cwd, '.env'));
  const environment = await loadEnvironment({ env: {}, cwd: place.cwd, platform });
  assert.deepEqual([environment.file, environment.warnings.length], [undefined, 0]);
});

test('a .env file that may not be read is a warning', async (t) => {
  const place = testPlace(t);
  place.write('.env', 'A=1\n');
  const files = { ...nodeFiles, read: refuse };
  const environment = await loadEnvironment({ env: {}, cwd: place.cwd, platform, files });
  assert.match(environment.warnings[0]!.message, /\.env may not be read \(permission denied\)$/);
  const hidden = await loadEnvironment({ env: {}, cwd: place.cwd, platform, files: { ...files, isFile: refuse } });
  assert.match(hidden.warnings[0]!.message, /permission denied/);
});

test('line breaks without end are parsed at once, not in square time', async (t) => {
  const place = testPlace(t);
  place.write('.env', `${'\n'.repeat(200_000)}!\nA=end`);
  const started = performance.now();
  const environment = await loadEnvironment({ env: {}, cwd: place.cwd, platform });
  assert.equal(environment.get('A')?.value, 'end');
  assert.ok(performance.now() - started < 10_000);
});

function refuse(): never {
  throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
}

test('where no file can be opened just now, nothing takes the place of what .env may say', async () => {
  const noMore = (): never => {
    throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
  };
  const files = { read: noMore, isFile: () => true, real: (path: string) => path, list: noMore };
  await assert.rejects(loadEnvironment({ env: {}, cwd: '/', platform: 'linux', files }), isOutOfFiles);
});
