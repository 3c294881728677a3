// A Python environment with the real Heddle in it, below .build: for the tests that run beside it, and for the bench.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const INSTALL_MS = 150_000;
/** Older ones do not have what Heddle is written in. */
const PYTHON = [3, 11];
const REQUIREMENTS = 'test/interop/requirements.txt';

/** `{ folder }` of the one that HEDDLE_VENV names, else of one that is made; or `{ why }` none can be had. */
export function heddleEnvironment() {
  if (process.env.HEDDLE_VENV) return { folder: resolve(process.env.HEDDLE_VENV) };
  const folder = resolve('.build', 'heddle');
  const done = join(folder, 'installed.txt');
  const text = readFileSync(REQUIREMENTS, 'utf8');
  // What was begun and not finished, or is of other versions, is made anew.
  if (existsSync(done) && readFileSync(done, 'utf8') === text) return { folder };
  const python = ['python3', 'python'].find(isPython);
  if (!python) return { why: `no Python ${PYTHON.join('.')} or newer on this machine` };
  console.log(`installing ${text.split('\n').find((line) => line.startsWith('heddle-ai'))} into ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  const made =
    quietly(python, ['-m', 'venv', folder]) ??
    quietly(program(folder, 'python'), ['-m', 'pip', 'install', '--quiet', '--retries', '1', '-r', REQUIREMENTS]);
  if (made !== undefined) return { why: `Heddle could not be installed: ${made}` };
  writeFileSync(done, text);
  return { folder };
}

function isPython(name) {
  const [major, minor] = PYTHON;
  const test = `import sys, venv; sys.exit(sys.version_info < (${major}, ${minor}))`;
  return spawnSync(name, ['-c', test], { stdio: 'ignore' }).status === 0;
}

/** undefined when it went well, else the last line of what it said. */
function quietly(file, args) {
  const { status, error, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', timeout: INSTALL_MS });
  if (status === 0) return undefined;
  return error?.message ?? `${stderr}\n${stdout}`.trim().split('\n').at(-1);
}

function program(folder, name) {
  return process.platform === 'win32' ? join(folder, 'Scripts', `${name}.exe`) : join(folder, 'bin', name);
}
