import { fstatSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { HeddleError } from '../errors.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { FdSink, type Sink } from './sink.ts';
import { TerminalSink } from './terminal-sink.ts';

/**
 * The edge of the program: everything outside that a command can see or touch. Nothing else in src reads the process,
 * so a test hands in another world.
 */
export interface Io {
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Opened only when a command asks for `-`, or for keys. */
  stdin(): Stdin;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  readonly platform: NodeJS.Platform;
  /** Of the Node that runs this, or that Bun says it is like. */
  readonly nodeVersion: string;
  /** Where Bun runs this, as in a binary. */
  readonly bunVersion: string | undefined;
  /** The program that runs this one. */
  readonly runtime: string;
  readonly pid: number;
  readonly clock: Clock;
  onSignal(name: SignalName, listener: () => void): () => void;
  /** Does to this process what the signal does to a process that does not listen; SIGTSTP goes to all of its job. */
  raise(name: SignalName | 'SIGSTOP'): void;
  /**
   * Errors that nobody caught and rejections that nobody handled. The last listener alone hears of them; without any
   * they end the process in Node's own way.
   */
  onStray(listener: (thrown: unknown) => void): () => void;
  /** Ends the process at once; for a second signal, and after an error that nobody caught. */
  endNow(code: number): void;
  /** Bytes of memory that this process holds, for figures that commands print. */
  memory(): number;
  /** From now on memory is given back early rather than late: for what stands open for hours beside other programs. */
  holdLittle(): void;
}

export type SignalName = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGQUIT' | 'SIGUSR2' | 'SIGTSTP' | 'SIGCONT';

export type Stdin = Readable & {
  readonly isTTY?: boolean | undefined;
  /** Of a terminal: keys come as they are pressed, and mean nothing to the system. */
  setRawMode?: ((raw: boolean) => unknown) | undefined;
};

/** By the exit code that a shell reports for it. */
const SIGNAL_OF: Readonly<Record<number, NodeJS.Signals>> = { 130: 'SIGINT', 143: 'SIGTERM' };

/** How long the last lines may take to leave when the program has to end at once. */
const LAST_WORDS_MS = 100;

const STRAY_EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

export function processIo(): Io {
  const stdout = sinkFor(1);
  const stderr = sinkFor(2);
  let strayListeners: ((thrown: unknown) => void)[] = [];
  const toLastListener = (thrown: unknown): void => strayListeners.at(-1)?.(thrown);
  const endNow = (code: number): void => {
    if (stdout.queued + stderr.queued === 0) return end(code, stdout.stuck || stderr.stuck);
    void Promise.all([stdout.drained(), stderr.drained()]).then(() => process.exit(code));
    systemClock.after(LAST_WORDS_MS, () => {
      stdout.abandon();
      stderr.abandon();
      end(code, stdout.stuck || stderr.stuck);
    });
  };
  return {
    stdout,
    stderr,
    stdin: () => process.stdin,
    env: process.env,
    get cwd() {
      return workingDirectory();
    },
    get home() {
      return homeDirectory();
    },
    platform: process.platform,
    nodeVersion: process.versions.node,
    bunVersion: process.versions.bun,
    runtime: process.execPath,
    pid: process.pid,
    clock: systemClock,
    onSignal(name, listener) {
      process.on(name, listener);
      return () => process.off(name, listener);
    },
    raise: (name) => void process.kill(name === 'SIGTSTP' ? 0 : process.pid, name),
    onStray(listener) {
      if (strayListeners.length === 0) for (const event of STRAY_EVENTS) process.on(event, toLastListener);
      strayListeners.push(listener);
      return () => {
        strayListeners = strayListeners.filter((each) => each !== listener);
        if (strayListeners.length === 0) for (const event of STRAY_EVENTS) process.off(event, toLastListener);
      };
    },
    endNow,
    memory: () => process.memoryUsage.rss(),
    holdLittle,
  };
}

/**
 * Left alone, the engine lets what is new grow to 32 MB (128 MB since Node 24) and what is old to the multiple of what is alive, however
 * little that is. Both are read each time they would grow, so that they may be set now.
 */
function holdLittle(): void {
  try {
    const { setFlagsFromString } = process.getBuiltinModule('node:v8');
    for (const flag of ['--semi-space-growth-factor=1', '--heap-growing-percent=25']) setFlagsFromString(flag);
  } catch {
    // Another engine has ways of its own.
  }
}

/** On Node process.exit waits for the write that a reader who does not read keeps in the thread pool; a signal does not, nor does Bun. */
function end(code: number, stuck: boolean): void {
  if (!stuck || process.platform === 'win32' || process.versions.bun !== undefined) process.exit(code);
  const signal = SIGNAL_OF[code] ?? 'SIGKILL';
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

function workingDirectory(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new HeddleError('input_unreadable', 'the working directory does not exist any more', {
      hint: 'Change to a directory that exists.',
      cause,
    });
  }
}

/** Empty when there is none: a container may run under a user that the system does not know. */
function homeDirectory(): string {
  try {
    return process.getBuiltinModule('node:os').homedir();
  } catch {
    return '';
  }
}

function sinkFor(fd: 1 | 2): Sink {
  return isTerminal(fd) ? new TerminalSink(fd === 1 ? process.stdout : process.stderr) : new FdSink(fd);
}

function isTerminal(fd: number): boolean {
  try {
    // A terminal is a character device; asking that first keeps `node:tty` (2 ms) out of every scripted run.
    const stat = fstatSync(fd);
    return stat.isCharacterDevice() && !isMemoryDevice(stat.rdev) && process.getBuiltinModule('node:tty').isatty(fd);
  } catch {
    return false;
  }
}

/** Linux: /dev/null and its kin, where scripts send what they do not want. */
function isMemoryDevice(device: number): boolean {
  return process.platform === 'linux' && device >> 8 === 1;
}
