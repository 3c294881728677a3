// What a user gets: the tarball, installed in an empty folder, run and imported. Fails when it is too large or incomplete.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LIMIT = 1024 * 1024;
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'heddle-ts-pack-'));
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const inFolder = (program, args) => execFileSync(program, args, { cwd: folder, encoding: 'utf8' });

try {
  execFileSync(npm, ['pack', '--pack-destination', folder], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  const { size } = statSync(join(folder, tarball));
  if (size > LIMIT) throw new Error(`${tarball} has ${size} bytes, more than ${LIMIT}`);
  writeFileSync(join(folder, 'package.json'), '{"name":"empty","private":true,"type":"module"}\n');
  execFileSync(npm, ['install', '--no-audit', '--no-fund', '--engine-strict', `./${tarball}`], {
    cwd: folder,
    stdio: 'inherit',
  });

  const bin = join(folder, 'node_modules', 'heddle-ts', 'bin', 'heddle-ts.js');
  const version = inFolder(process.execPath, [bin, '--version']);
  const map = JSON.parse(inFolder(process.execPath, [bin, 'help', '--output', 'json']));
  writeFileSync(
    join(folder, 'try.js'),
    `import * as sdk from 'heddle-ts';
     import * as testing from 'heddle-ts/testing';
     if (typeof sdk.HeddleError !== 'function') throw new Error('no HeddleError in the SDK');
     if (typeof testing.createMemoryBus !== 'function') throw new Error('no createMemoryBus in heddle-ts/testing');
     console.log(Object.keys(sdk).length, 'exports');`,
  );
  const exports = inFolder(process.execPath, ['try.js']);
  console.log(`${tarball}: ${size} bytes; ${version.trim()}; ${map.commands.length} commands; ${exports.trim()}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
