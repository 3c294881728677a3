import { fstatSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { FdSink, type Sink, TerminalSink } from './sink.ts';

/**
 * The edge of the program: everything outside that a command can see or touch. Nothing else in src reads the process,
 * so a test hands in another world.
 */
export interface Io {
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Opened only when a command asks for `-`. */
  stdin(): Readable & { readonly isTTY?: boolean | undefined };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  readonly platform: NodeJS.Platform;
  readonly nodeVersion: string;
  readonly pid: number;
  /** Milliseconds since 1970. */
  now(): number;
  onSignal(name: SignalName, listener: () => void): () => void;
  /**
   * Errors that nobody caught and rejections that nobody handled, while there is a listener; without one they end the
   * process. Only for commands that run other people's code.
   */
  onStray(listener: (thrown: unknown) => void): () => void;
  /** Ends the process at once; only for a second signal. */
  endNow(code: number): void;
  /** Bytes of memory that this process holds, for figures that commands print. */
  memory(): number;
}

export type SignalName = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGUSR2';

export function processIo(): Io {
  return {
    stdout: sinkFor(1),
    stderr: sinkFor(2),
    stdin: () => process.stdin,
    env: process.env,
    cwd: process.cwd(),
    get home() {
      return process.getBuiltinModule('node:os').homedir();
    },
    platform: process.platform,
    nodeVersion: process.versions.node,
    pid: process.pid,
    now: () => Date.now(),
    onSignal(name, listener) {
      process.on(name, listener);
      return () => process.off(name, listener);
    },
    onStray(listener) {
      process.on('uncaughtException', listener);
      process.on('unhandledRejection', listener);
      return () => {
        process.off('uncaughtException', listener);
        process.off('unhandledRejection', listener);
      };
    },
    endNow: (code) => process.exit(code),
    memory: () => process.memoryUsage.rss(),
  };
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
