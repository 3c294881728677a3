import { type ChildProcess, spawn } from 'node:child_process';
import { kill } from 'node:process';
import type { Readable } from 'node:stream';
import { HeddleError } from '../errors.ts';
import { systemClock } from '../time/clock.ts';
import { nextTurn } from '../time/turn.ts';
import type { Timers } from '../time/wait.ts';
import { type Line, lineSplitter } from './lines.ts';

export interface ProgramOptions {
  /** An argument list; no shell is involved. */
  readonly command: readonly [program: string, ...args: string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** The longest line of its output, in bytes. Default 1 MiB, a server's usual max_payload. */
  readonly maxLine?: number | undefined;
  /** What may wait here for it to read, in bytes. Default: without a limit. */
  readonly maxUnread?: number | undefined;
  readonly clock?: Timers | undefined;
}

/** What becomes of its output. */
export interface Hearing {
  line(line: Line): void;
  /** One line of its stderr; of a longer one only how long it was. */
  stderr(text: string): void;
}

/** A started program: lines out, lines in, and how it ended. */
export interface Program {
  readonly pid: number;
  /** `full`: too much waits for it already; `closed`: it reads no more. Nothing was taken then. */
  send(text: string | Uint8Array): 'sent' | 'full' | 'closed';
  /** Its stdin ends after what was sent. */
  endInput(): void;
  /** Settles once its output was read. Never rejects. */
  readonly ended: Promise<Ending>;
  /** Its last words on stderr, '' when it had none. */
  lastWords(): string;
  /** SIGTERM or SIGKILL, to it and to what it started. */
  end(signal: 'SIGTERM' | 'SIGKILL'): void;
}

export interface Ending {
  /** `exit code 1`, `signal SIGKILL`. */
  readonly how: string;
  /** Bytes that were sent and had not left this process: it cannot have read them. */
  readonly unread: number;
}

const DEFAULT_MAX_LINE = 1024 * 1024;
const LONGEST_STDERR = 16 * 1024;
/** Grandchildren can hold the pipes open; the output of the program itself is there by then. */
const PIPES_MS = 250;

/**
 * Starts a program in a group of its own: Ctrl-C in a terminal reaches this process alone, which lets the program finish; and
 * what the program starts can be ended with it. `attend` is called as soon as it runs, before anything of it is read.
 * Rejects, in words, when it cannot be started.
 */
export async function startProgram(options: ProgramOptions, attend: (program: Program) => Hearing): Promise<Program> {
  const { command, clock = systemClock, maxUnread = Number.POSITIVE_INFINITY } = options;
  const [file, ...args] = command;
  const grouped = options.platform !== 'win32';
  let pid: number;
  let child: ReturnType<typeof launch>;
  try {
    child = launch(file, args, options, grouped);
    pid = await started(child);
  } catch (cause) {
    throw new HeddleError('usage', `cannot start ${JSON.stringify(file)}: ${whyNot(cause)}`, { cause });
  }
  const { stdin } = child;
  // A program that no longer reads is seen by what `send` says, or by its end.
  stdin.on('error', () => {});
  let waiting = 0;
  let lastWords = '';

  const end = (signal: 'SIGTERM' | 'SIGKILL'): void => {
    try {
      if (grouped) kill(-pid, signal);
      else child.kill(signal);
    } catch {
      // It has gone already.
    }
  };
  const program: Program = {
    pid,
    send(text) {
      if (!stdin.writable) return 'closed';
      const bytes = Buffer.byteLength(text);
      if (waiting + bytes > maxUnread) return 'full';
      waiting += bytes;
      stdin.write(text, (error) => {
        if (!error) waiting -= bytes;
      });
      return 'sent';
    },
    endInput: () => void stdin.end(),
    ended: howItEnded(child, clock).then((how) => {
      // What it left behind in its group.
      end('SIGKILL');
      return { how, unread: waiting };
    }),
    lastWords: () => lastWords,
    end,
  };
  const hearing = attend(program);
  feed(
    child.stdout,
    lineSplitter(options.maxLine ?? DEFAULT_MAX_LINE, (line) => hearing.line(line)),
  );
  feed(
    child.stderr,
    lineSplitter(LONGEST_STDERR, (line) => {
      const text = 'bytes' in line ? Buffer.from(line.bytes).toString() : `(a line of ${line.tooLong} bytes)`;
      if (text.trim() !== '') lastWords = text;
      hearing.stderr(text);
    }),
  );
  return program;
}

/**
 * Asks a program to end by ending its input, after `termAfterMs` by SIGTERM, after `killAfterMs` by force, its whole group
 * each time. Resolves when it is gone.
 */
export async function endProgram(
  program: Program,
  { termAfterMs, killAfterMs }: { readonly termAfterMs: number; readonly killAfterMs: number },
  clock: Timers = systemClock,
): Promise<void> {
  program.endInput();
  const insist = clock.after(termAfterMs, () => program.end('SIGTERM'));
  const force = clock.after(killAfterMs, () => program.end('SIGKILL'));
  await program.ended;
  clock.cancel(insist);
  clock.cancel(force);
}

function launch(file: string, args: readonly string[], { cwd, env }: ProgramOptions, grouped: boolean) {
  return spawn(file, args, {
    cwd,
    env: { ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    shell: false,
    detached: grouped,
    windowsHide: true,
  });
}

function started(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      child.off('error', reject);
      child.on('error', () => {});
      resolve(child.pid as number);
    });
  });
}

function whyNot(thrown: unknown): string {
  const { code, message } = thrown as NodeJS.ErrnoException;
  if (code === 'ENOENT')
    return 'there is no such program, its working directory or the interpreter it names is missing';
  if (code === 'EACCES') return 'it is not executable, or may not be read';
  if (code === 'ENOEXEC') return 'this machine cannot run such a file';
  if (code === 'E2BIG') return 'its arguments are too long';
  return message;
}

function feed(stream: Readable, lines: { push(chunk: Uint8Array): void; end(): void }): void {
  stream.on('data', (chunk: Uint8Array) => {
    lines.push(chunk);
    // One chunk a turn: a program that floods its pipe must not keep tasks, timers and signals waiting.
    stream.pause();
    nextTurn(() => stream.resume());
  });
  stream.on('end', () => lines.end());
  stream.on('error', () => {});
}

function howItEnded(child: ChildProcess, clock: Timers): Promise<string> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      const enough = clock.after(PIPES_MS, () => resolve(how));
      child.once('close', () => {
        clock.cancel(enough);
        resolve(how);
      });
    });
  });
}
