import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAM } from '../helpers/program-under-test.ts';

/** Where the program's stdout goes: read, read slowly, read and then left, to a full disk, or to a reader who never reads. */
export type Stdout = 'read' | 'slow' | 'closed' | 'full' | 'unread';

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
  /** It gets a terminal (`script` of util-linux makes it), and signals go to it and not to that. */
  readonly terminal?: boolean | undefined;
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

/** Between two looks of a slow reader. */
const SLOW_MS = 150;
/** Long past every deadline of the cells: what is not over then hangs. */
const PATIENCE_MS = 20_000;

export async function runUnder(run: Run): Promise<Seen> {
  const { argv, env, cwdGone, stdout = 'read', stdin, files, terminal, meanwhile } = run;
  const cwd = cwdGone === true ? mkdtempSync(join(tmpdir(), 'heddle-gone-')) : undefined;
  const line = `${cwd === undefined ? '' : 'rmdir "$PWD"; '}${files === undefined ? '' : `ulimit -n ${files}; `}exec "$0" "$@"${stdout === 'full' ? ' >/dev/full' : ''}`;
  const program = [...PROGRAM, ...argv];
  const child: ChildProcess = spawn('sh', ['-c', line, ...(terminal === true ? onTerminal(program) : program)], {
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    cwd,
    env: { ...process.env, NATS_URL: undefined, NO_COLOR: '1', TERM: 'xterm-256color', ...env },
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
  const kill = (name: NodeJS.Signals): void => {
    if (terminal === true) signalInside(child.pid ?? 0, name);
    else child.kill(name);
  };
  if (stdout === 'closed') child.stdout?.once('data', () => child.stdout?.destroy());
  else if (stdout === 'read' || stdout === 'slow') {
    child.stdout?.on('data', (chunk) => {
      out += chunk;
      hear();
      if (stdout !== 'slow') return;
      child.stdout?.pause();
      setTimeout(() => child.stdout?.resume(), SLOW_MS);
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
  await meanwhile?.({ kill, seen });
  if (meanwhile !== undefined) from = performance.now();
  const [code, signal] = (await exit) as [number | null, NodeJS.Signals | null];
  const ms = performance.now() - from;
  clearTimeout(late);
  child.stdout?.destroy();
  // Its last words are still in the pipe.
  await Promise.race([once(child, 'close'), new Promise((resolve) => setTimeout(resolve, 200))]);
  return { ended: hangs ? 'hangs' : (code ?? signal ?? 'unknown'), ms, stdout: out, stderr: err };
}

function onTerminal(program: readonly string[]): string[] {
  const command = program.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  return ['script', '-qfec', `stty cols 120 rows 40; exec ${command}`, '/dev/null'];
}

/** To whoever `script` has started. */
function signalInside(pid: number, signal: NodeJS.Signals): void {
  try {
    const [inner] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    process.kill(Number(inner || pid), signal);
  } catch {
    // It is gone.
  }
}
