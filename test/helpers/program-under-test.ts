import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inProject } from './root.ts';

/**
 * The command that starts the program: the built one on the Node that runs the tests. HEDDLE_TS_PROGRAM names another: the path of
 * a binary, or a command as a JSON array, ["bun", "/…/bin/heddle-ts.js"] for instance.
 */
export const PROGRAM: readonly [string, ...string[]] = commandIn(process.env.HEDDLE_TS_PROGRAM ?? '');

/** False: Bun runs it, as a binary or from its file. */
export const ON_NODE = PROGRAM[0] === process.execPath;

/** For tests of what there is on Node alone. */
export const NODE_ONLY = ON_NODE ? false : 'the program under test runs on Bun';

/** As a line of a shell takes it. */
export const PROGRAM_QUOTED = PROGRAM.map((word) => `'${word}'`).join(' ');

/** The environment in which `code` runs in the program before it does. */
export function before(code: string): Record<string, string> {
  if (ON_NODE) return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(code)}` };
  const folder = mkdtempSync(join(tmpdir(), 'heddle-before-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'before.mjs');
  writeFileSync(file, code);
  return { BUN_OPTIONS: `--preload=${file}` };
}

function commandIn(named: string): [string, ...string[]] {
  if (named === '') return [process.execPath, inProject('bin', 'heddle-ts.js')];
  const [file, ...args] = named.startsWith('[') ? (JSON.parse(named) as string[]) : [named];
  if (file === undefined) throw new Error('HEDDLE_TS_PROGRAM is an empty list');
  return [file, ...args];
}
