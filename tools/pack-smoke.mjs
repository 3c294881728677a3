// What a user gets: the tarball, installed in an empty folder, run and imported. Fails when it is too large or incomplete.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Nine commands and an SDK kept within 1 MiB; dead letters, the gateway with its console, top, manual pages and the whole of docs came after. */
const LIMIT = 1.75 * 1024 * 1024;
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'heddle-ts-pack-'));
// On Windows npm is a batch file, which only a shell starts.
const npm = (args, options) =>
  process.platform === 'win32'
    ? execFileSync('npm', args, { ...options, shell: true })
    : execFileSync('npm', args, options);
const inFolder = (program, args, options) =>
  execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], ...options });

try {
  npm(['pack', '--pack-destination', folder], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  const { size } = statSync(join(folder, tarball));
  if (size > LIMIT) throw new Error(`${tarball} has ${size} bytes, more than ${LIMIT}`);
  writeFileSync(join(folder, 'package.json'), '{"name":"empty","private":true,"type":"module"}\n');
  npm(['install', '--no-audit', '--no-fund', '--engine-strict', `./${tarball}`], {
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

  // Programs in TypeScript read the types with nothing skipped, whichever way they find modules.
  writeFileSync(
    join(folder, 'typed.ts'),
    `import { connect, type Transport } from 'heddle-ts';
     import { createMemoryBus, type MemoryBus } from 'heddle-ts/testing';
     import manifest from 'heddle-ts/schemas/v1/manifest.json' with { type: 'json' };
     export const bus: MemoryBus = createMemoryBus();
     export const transport: Promise<Transport> = connect({ servers: [] });
     export const generation: string = manifest.wire_generation;`,
  );
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  for (const [module, resolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    const how = ['--module', module, '--moduleResolution', resolution, '--target', 'es2023', '--resolveJsonModule'];
    const types = ['--typeRoots', join(root, 'node_modules', '@types'), '--types', 'node'];
    const strict = [
      '--strict',
      '--exactOptionalPropertyTypes',
      '--noUncheckedIndexedAccess',
      '--skipLibCheck',
      'false',
    ];
    inFolder(process.execPath, [tsc, '--noEmit', ...how, ...types, ...strict, 'typed.ts'], { stdio: 'inherit' });
  }
  // The demo of the repository, with nothing else of it: what was installed has to do all of it.
  const shown = { HEDDLE_TS_PROGRAM: JSON.stringify([process.execPath, bin]) };
  execFileSync(process.execPath, [join(root, 'tools', 'demo.mjs')], {
    cwd: folder,
    env: { ...process.env, ...shown },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  console.log(
    `${tarball}: ${size} bytes; ${version.trim()}; ${map.commands.length} commands; ${exports.trim()}; the demo passes`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
