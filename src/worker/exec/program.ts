import { type ChildProcess, spawn } from 'node:child_process';
import { kill } from 'node:process';
import type { Readable, Writable } from 'node:stream';
import { type Clock, systemClock } from '../../time/clock.ts';
import { nextTurn } from '../../time/turn.ts';
import { type Line, lineSplitter } from './lines.ts';
import { DEFAULT_MAX_LINE, type ExecOptions } from './options.ts';

/** A started program: lines out, text in, and how it ended. */
export interface Program {
  readonly pid: number;
  readonly stdin: Writable;
  /** How it ended, in words; settles once its output was read. Never rejects. */
  readonly ended: Promise<string>;
  /** Its last words on stderr, '' when it had none. */
  lastWords(): string;
  /** SIGTERM or SIGKILL, to it and to what it started. */
  end(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/** Resolves when the program runs; rejects when it cannot be started. */
export async function startProgram(
  options: ExecOptions,
  hear: { line: (line: Line) => void; stderr: (text: string) => void },
): Promise<Program> {
  const { clock = systemClock } = options;
  const [file, ...args] = options.command;
  // A group of its own: Ctrl-C in a terminal reaches the worker alone, which lets the program finish; and what the
  // program starts can be ended with it.
  const grouped = options.platform !== 'win32';
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    shell: false,
    detached: grouped,
    windowsHide: true,
  });
  const pid = await started(child);
  // A program that no longer reads is seen by its end, or by the time-out of its task.
  child.stdin.on('error', () => {});
  let lastWords = '';
  const out = lineSplitter(options.maxLine ?? DEFAULT_MAX_LINE, hear.line);
  const err = lineSplitter(LONGEST_STDERR, (line) => {
    const text = 'bytes' in line ? Buffer.from(line.bytes).toString() : `(a line of ${line.tooLong} bytes)`;
    if (text.trim() !== '') lastWords = text;
    hear.stderr(text);
  });
  feed(child.stdout, out);
  feed(child.stderr, err);

  const end = (signal: 'SIGTERM' | 'SIGKILL'): void => {
    try {
      if (grouped) kill(-pid, signal);
      else child.kill(signal);
    } catch {
      // It has gone already.
    }
  };
  const ended = howItEnded(child, clock).then((how) => {
    // What it left behind in its group.
    end('SIGKILL');
    return how;
  });
  return { pid, stdin: child.stdin, ended, lastWords: () => lastWords, end };
}

const LONGEST_STDERR = 16 * 1024;
/** Grandchildren can hold the pipes open; the answer of the program itself is there by then. */
const PIPES_MS = 250;

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

function howItEnded(child: ChildProcess, clock: Clock): Promise<string> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      const timer = clock.after(PIPES_MS, () => resolve(how));
      child.once('close', () => {
        clock.cancel(timer);
        resolve(how);
      });
    });
  });
}

/** Asks a program to end, then insists, then forces. Resolves when it is gone. */
export async function endProgram(program: Program, withinMs: number, clock: Clock = systemClock): Promise<void> {
  program.stdin.end();
  const steps: readonly (() => void)[] = [() => program.end('SIGTERM'), () => program.end('SIGKILL')];
  const timers = steps.map((step, at) => clock.after((withinMs * (at + 1)) / (steps.length + 1), step));
  await program.ended;
  for (const timer of timers) clock.cancel(timer);
}
