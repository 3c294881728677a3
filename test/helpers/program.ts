import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ON_NODE, PROGRAM } from './program-under-test.ts';

/** The built program in a process of its own, as a user runs it; gone with the test. */
export interface RunningProgram {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** The lines of stdout so far, parsed; for `-o ndjson`. */
  lines(): Record<string, unknown>[];
  /** Resolves when stdout or stderr match; rejects when the program ends before, or after 30 s. */
  seen(pattern: RegExp): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** The exit code, or the signal. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

const PATIENCE_MS = 30_000;

export function startProgram(
  t: TestContext,
  argv: readonly string[],
  options: {
    cwd?: string;
    env?: Record<string, string | undefined>;
    largestFileKiB?: number;
    /** For Node itself, where the program runs on it. */
    nodeArgs?: readonly string[];
    /** Where another copy of it stands. */
    root?: string;
  } = {},
): RunningProgram {
  const { root, nodeArgs = [] } = options;
  const [runtime, ...script] = root === undefined ? PROGRAM : [process.execPath, join(root, 'bin', 'heddle-ts.js')];
  const command = [runtime, ...(ON_NODE || root !== undefined ? nodeArgs : []), ...script, ...argv];
  const { largestFileKiB } = options;
  // A disk that is full, as far as the program can tell: a write beyond the limit fails, and no signal ends it for that.
  const limit = `trap "" XFSZ; ulimit -f ${(largestFileKiB ?? 0) * 2}; exec "$@"`;
  const [file = '', ...args] = largestFileKiB === undefined ? command : ['/bin/sh', '-c', limit, 'sh', ...command];
  const child: ChildProcess = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: options.cwd,
    env: { ...process.env, NATS_URL: undefined, NO_COLOR: '1', ...options.env },
  });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  const hear = (): void => {
    for (const listener of listeners) listener();
  };
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    hear();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    hear();
  });
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  t.after(async () => {
    // It may have children of its own to end.
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(force);
  });
  return {
    get pid() {
      return child.pid ?? 0;
    },
    stdout: () => stdout,
    stderr: () => stderr,
    lines: () =>
      stdout
        .split('\n')
        .filter((line) => line.startsWith('{') && line.endsWith('}'))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    async seen(pattern) {
      const matches = (): boolean => pattern.test(stdout) || pattern.test(stderr);
      if (matches()) return;
      const said = (): string => `stdout:\n${stdout.slice(-2000)}\nstderr:\n${stderr.slice(-2000)}`;
      let timer: NodeJS.Timeout | undefined;
      let listener: (() => void) | undefined;
      const found = new Promise<void>((resolve, reject) => {
        listener = () => matches() && resolve();
        listeners.add(listener);
        timer = setTimeout(() => reject(new Error(`${pattern} was not written.\n${said()}`)), PATIENCE_MS);
      });
      const died = ended.then((how) => {
        if (!matches()) throw new Error(`it ended with ${how} before ${pattern} was written.\n${said()}`);
      });
      try {
        await Promise.race([found, died]);
      } finally {
        clearTimeout(timer);
        if (listener !== undefined) listeners.delete(listener);
        died.catch(() => {});
      }
    },
    kill: (signal) => void child.kill(signal),
    ended,
  };
}
