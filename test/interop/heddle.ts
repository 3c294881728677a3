import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { inProject } from '../helpers/root.ts';

/** The folder of a Python environment with heddle-ai in it; `npm run interop` makes one and names it. */
const venv = process.env.HEDDLE_VENV ?? '';
export const PARTS = inProject('test', 'interop', 'python');

export const skipWithoutHeddle: string | false =
  existsSync(programOf('python')) && existsSync(programOf('heddle'))
    ? false
    : 'HEDDLE_VENV names no Python environment with heddle-ai: npm run interop makes one';

/** A process of Python's; gone with the test. */
export interface PythonProcess {
  readonly pid: number;
  /** What it printed, without colours. */
  log(): string;
  kill(signal: NodeJS.Signals): void;
  /** The exit code, or the signal. */
  readonly ended: Promise<number | NodeJS.Signals>;
  running(): boolean;
}

/** `heddle …`, as somebody with Heddle would type it. */
export function heddle(t: TestContext, argv: readonly string[], cwd: string): PythonProcess {
  return start(t, programOf('heddle'), argv, cwd);
}

/** A program of test/interop/python. */
export function python(t: TestContext, name: string, argv: readonly string[], cwd: string): PythonProcess {
  return start(t, programOf('python'), [join(PARTS, name), ...argv], cwd);
}

export function programOf(name: string): string {
  return process.platform === 'win32' ? join(venv, 'Scripts', `${name}.exe`) : join(venv, 'bin', name);
}

function start(t: TestContext, file: string, argv: readonly string[], cwd: string): PythonProcess {
  const env = { ...process.env, PYTHONUNBUFFERED: '1', PYTHONPATH: PARTS, PYTHONDONTWRITEBYTECODE: '1', NO_COLOR: '1' };
  const child: ChildProcess = spawn(file, argv, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  const hear = (chunk: Buffer): void => {
    log += chunk.toString();
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    get pid() {
      return child.pid ?? 0;
    },
    log: () => log.replaceAll(/\x1b\[[\d;]*m/g, ''),
    kill: (signal) => void child.kill(signal),
    ended,
    running: () => child.exitCode === null && child.signalCode === null,
  };
}
