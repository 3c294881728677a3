// `npm run build:binary [target…]`: the program as one file that needs no Node, in dist/bin. Without a target: the one of this machine;
// `all`: every one. What cannot be made here is said in a line and left out. docs/install.md tells what runs where.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bunFor } from './binary/bun.mjs';
import { orderOf } from './binary/order.mjs';
import { writePapers } from './binary/papers.mjs';
import { writeProgram } from './binary/program.mjs';
import { fileOf, ofThisMachine, TARGETS } from './binary/targets.mjs';

const OUT = join('dist', 'bin');
const WORK = join('dist', '.binary');

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const machine = ofThisMachine();
const words = process.argv.slice(2);
const asked = words.includes('all') ? Object.keys(TARGETS) : words.length > 0 ? words : [machine ?? 'none'];
const unknown = asked.find((target) => !(target in TARGETS));
if (unknown !== undefined) {
  console.error(`error: there is no binary for ${unknown}; there is one for ${Object.keys(TARGETS).join(', ')}`);
  process.exitCode = 2;
} else {
  await make(asked);
}

async function make(targets) {
  rmSync(WORK, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  try {
    const bun = bunFor(machine ?? targets[0]);
    const { entry, modules } = await writeProgram(WORK);
    const order = orderToCompileIn(bun, entry);
    const made = targets.filter((target) => said(target, () => compile(bun, entry, target, order)));
    if (made.length > 0) writePapers(OUT, modules);
    if (made.length < targets.length) process.exitCode = 1;
  } catch (error) {
    console.error(`error: no binary was made: ${error.message}`);
    process.exitCode = 1;
  } finally {
    rmSync(WORK, { recursive: true, force: true });
  }
}

function said(target, work) {
  try {
    console.log(work());
    return true;
  } catch (error) {
    console.error(`${target}: left out: ${error.message}`);
    return false;
  }
}

/** Seen by a first binary, on the machine where one runs. The code is the same for every target. */
function orderToCompileIn(bun, entry) {
  if (machine === undefined) return [];
  const first = resolve(WORK, 'first');
  build(bun, entry, machine, first, []);
  return orderOf(first, WORK);
}

function compile(bun, entry, target, order) {
  const out = resolve(OUT, fileOf(target));
  build(bun, entry, target, out, order);
  const size = `${(statSync(out).size / 1024 / 1024).toFixed(1)} MiB`;
  if (target !== machine) return `${out}: ${size}, built, not tried: this machine is ${machine ?? 'another'}`;
  const tried = spawnSync(out, ['--version'], { encoding: 'utf8', env: {} });
  if (tried.status !== 0) throw new Error(`it does not run: ${tried.stderr || tried.error}`);
  return `${out}: ${size}, ran here: ${tried.stdout.trim()}`;
}

function build(bun, entry, target, out, order) {
  const runtime = bunFor(target);
  const how = ['--compile', '--bytecode', '--splitting', '--format=esm', `--target=${TARGETS[target].bun}`];
  // What lies in the folder where it is started must not change what the program is: it reads .env itself, by rules of its own.
  const alone = ['--no-compile-autoload-dotenv', '--no-compile-autoload-bunfig'];
  // Handlers of a user import packages, which say in theirs what they export.
  const handlers = ['--compile-autoload-package-json'];
  // Most commands end before a function compiled to machine code has paid for its compiling; entry.cjs makes it usual again for the others.
  const jit = '--compile-jit-policy=40';
  const laid = order.map((file) => `--bytecode-order=${file}`);
  const from = `--compile-executable-path=${resolve(runtime)}`;
  const made = spawnSync(bun, ['build', ...how, ...alone, ...handlers, jit, ...laid, from, entry, '--outfile', out], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  if (made.status !== 0) throw new Error((made.stderr || String(made.error ?? made.stdout)).trim().split('\n').at(-1));
}
