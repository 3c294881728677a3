// `npm run interop`: the tests that run beside the real Heddle, in a Python environment of their own below .build.
// `npm run interop -- diagnosis` runs the files whose name holds the word; HEDDLE_VENV names an environment that exists.
// Where Python or the package index is out of reach it says so in one line and ends well: the rest of the tests need neither.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';

const INSTALL_MS = 150_000;
/** Older ones do not have what Heddle is written in. */
const PYTHON = [3, 11];

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const requirements = 'test/interop/requirements.txt';
const venv = process.env.HEDDLE_VENV ? resolve(process.env.HEDDLE_VENV) : makeEnvironment(resolve('.build', 'heddle'));
if (venv) run('node', ['tools/test.mjs', ...wanted()], { env: { ...process.env, HEDDLE_VENV: venv } });

/** The folder of the environment; undefined, and a line about why, where none can be had. */
function makeEnvironment(folder) {
  const done = join(folder, 'installed.txt');
  const text = readFileSync(requirements, 'utf8');
  // What was begun and not finished, or is of other versions, is made anew.
  if (existsSync(done) && readFileSync(done, 'utf8') === text) return folder;
  const python = ['python3', 'python'].find(isPython);
  if (!python) return skipped(`no Python ${PYTHON.join('.')} or newer on this machine`);
  console.log(`installing ${text.split('\n').find((line) => line.startsWith('heddle-ai'))} into ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  const made =
    quietly(python, ['-m', 'venv', folder]) ??
    quietly(program(folder, 'python'), ['-m', 'pip', 'install', '--quiet', '--retries', '1', '-r', requirements]);
  if (made !== undefined) return skipped(`Heddle could not be installed: ${made}`);
  writeFileSync(done, text);
  return folder;
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

function skipped(why) {
  console.log(`interop is skipped: ${why}`);
  return undefined;
}

function wanted() {
  const words = process.argv.slice(2);
  return words.length === 0 ? ['test/interop/'] : words.map((word) => `test/interop/${word}`);
}
