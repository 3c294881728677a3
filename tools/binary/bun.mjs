// Bun as a build tool: fetched by npm from the registry that npm is set up with, held to the version and the checksum in bun.json, and
// kept. `npm ci` knows nothing of it, and nothing of it runs before it was checked.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TARGETS } from './targets.mjs';

export const BUN = JSON.parse(readFileSync(new URL('./bun.json', import.meta.url), 'utf8'));

const CACHE = join('node_modules', '.cache', 'heddle-ts', `bun-${BUN.version}`);

/** The path of Bun for `target`. Throws, in a line, where it cannot be had. */
export function bunFor(target) {
  const { runtime } = TARGETS[target];
  const kept = join(CACHE, target, 'package', 'bin', target.startsWith('windows') ? 'bun.exe' : 'bun');
  if (existsSync(kept)) return kept;
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'fetched-'));
  try {
    const tarball = join(folder, fetchInto(folder, runtime));
    const found = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
    if (found !== BUN.integrity[runtime]) {
      throw new Error(`${runtime} ${BUN.version} is not what tools/binary/bun.json pins: its checksum is ${found}`);
    }
    execFileSync('tar', ['-xzf', tarball, '-C', folder]);
    rmSync(tarball);
    renameSync(folder, join(CACHE, target));
    return kept;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The name of the tarball. `npm pack` fetches a package and runs none of its scripts. */
function fetchInto(folder, runtime) {
  const what = `${runtime}@${BUN.version}`;
  try {
    const args = ['pack', what, '--ignore-scripts', '--json', '--pack-destination', folder];
    // On Windows npm is a batch file, which only a shell starts.
    const shell = process.platform === 'win32';
    const said = execFileSync('npm', args, { encoding: 'utf8', shell, stdio: ['ignore', 'pipe', 'pipe'] });
    const packed = JSON.parse(said);
    return (Array.isArray(packed) ? packed[0] : Object.values(packed)[0]).filename;
  } catch (error) {
    const line = /npm (?:error|ERR!) (?!code)(.+)/.exec(String(error.stderr))?.[1] ?? error.message.split('\n')[0];
    throw new Error(`${what} cannot be fetched: ${line}`);
  }
}
