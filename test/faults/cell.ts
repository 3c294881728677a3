import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAM } from '../helpers/program-under-test.ts';

/** Where the program's stdout goes: read, read and then left, to a full disk, or to a reader who never reads. */
export type Stdout = 'read' | 'closed' | 'full' | 'unread';

/** One run of the program under a fault. */
export interface Run {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** It starts in a folder that is no more. */
  readonly cwdGone?: boolean | undefined;
  readonly stdout?: Stdout | undefined;
  /** Text for its stdin; else it has none. */
  readonly stdin?: string | undefined;
  /** `ulimit -n`. */
  readonly files?: number | undefined;
  /** Done to the world while it runs; may signal it. */
  readonly meanwhile?:
    | ((program: { kill(signal: NodeJS.Signals): void; seen(pattern: RegExp): Promise<void> }) => Promise<void>)
    | undefined;
}

export interface Seen {
  /** The exit code; a signal by its name; `hangs` when it had to be ended. */
  readonly ended: number | string;
  /** From the start, or from what was done meanwhile, to the end. */
  readonly ms: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Long past every deadline of the cells: what is not over then hangs. */
const PATIENCE_MS = 20_000;

export async function runUnder({ argv, env, cwdGone, stdout = 'read', stdin, files, meanwhile }: Run): Promise<Seen> {
  const cwd = cwdGone === true ? mkdtempSync(join(tmpdir(), 'heddle-gone-')) : undefined;
  const line = `${cwd === undefined ? '' : 'rmdir "$PWD"; '}${files === undefined ? '' : `ulimit -n ${files}; `}exec "$0" "$@"${stdout === 'full' ? ' >/dev/full' : ''}`;
  const child: ChildProcess = spawn('sh', ['-c', line, ...PROGRAM, ...argv], {
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    cwd,
    env: { ...process.env, NATS_URL: undefined, NO_COLOR: '1', ...env },
  });
  let out = '';
  let err = '';
  const listeners = new Set<() => void>();
  const hear = (): void => {
    for (const each of listeners) each();
  };
  child.stderr?.on('data', (chunk) => {
    err += chunk;
    hear();
  });
  if (stdout === 'closed') child.stdout?.once('data', () => child.stdout?.destroy());
  else if (stdout === 'read') {
    child.stdout?.on('data', (chunk) => {
      out += chunk;
      hear();
    });
  }
  child.stdin?.on('error', () => {});
  child.stdin?.end(stdin);
  let from = performance.now();
  const exit = once(child, 'exit');
  let hangs = false;
  const late = setTimeout(() => {
    hangs = true;
    child.kill('SIGKILL');
  }, PATIENCE_MS);
  const seen = async (pattern: RegExp): Promise<void> => {
    const matches = (): boolean => pattern.test(out) || pattern.test(err);
    if (matches()) return;
    await Promise.race([
      new Promise<void>((resolve) => {
        const look = (): void => {
          if (matches()) resolve();
        };
        listeners.add(look);
      }),
      exit,
    ]);
  };
  await meanwhile?.({ kill: (signal) => void child.kill(signal), seen });
  if (meanwhile !== undefined) from = performance.now();
  const [code, signal] = (await exit) as [number | null, NodeJS.Signals | null];
  const ms = performance.now() - from;
  clearTimeout(late);
  child.stdout?.destroy();
  // Its last words are still in the pipe.
  await Promise.race([once(child, 'close'), new Promise((resolve) => setTimeout(resolve, 200))]);
  return { ended: hangs ? 'hangs' : (code ?? signal ?? 'unknown'), ms, stdout: out, stderr: err };
}
