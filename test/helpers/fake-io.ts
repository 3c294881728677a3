import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import type { Io, SignalName } from '../../src/cli/io.ts';
import { main } from '../../src/cli/main.ts';
import type { Sink } from '../../src/cli/sink.ts';
import { type Clock, systemClock } from '../../src/time/clock.ts';
import { ON_NODE, PROGRAM } from './program-under-test.ts';
import { ROOT } from './root.ts';

/** A world for one run of the program: what it wrote, and the ways to poke it. */
export interface FakeIo extends Io {
  out(): string;
  err(): string;
  /** Delivers a signal as the operating system would. */
  signal(name: SignalName): void;
  /** What the program did to itself. */
  readonly raised: readonly string[];
  /** Something is thrown where nobody can catch it. */
  stray(thrown: unknown): void;
  /** The exit code of `endNow`, when a second signal asked for it. */
  endedWith(): number | undefined;
  /** Resolves when stdout plus stderr match; rejects after `ms`. */
  seen(pattern: RegExp, ms?: number): Promise<void>;
  readonly stdout: FakeSink;
  readonly stderr: FakeSink;
}

export interface FakeIoOptions {
  env?: Record<string, string | undefined>;
  stdin?: string | Uint8Array | Readable;
  cwd?: string;
  home?: string;
  platform?: NodeJS.Platform;
  /** Pretends that both streams are terminals of this width. */
  tty?: number;
  /** And of this height. */
  rows?: number;
  now?: () => number;
  clock?: Clock;
}

export class FakeSink implements Sink {
  readonly isTTY: boolean;
  columns: number | undefined;
  rows: number | undefined;
  readonly queued = 0;
  readonly stuck = false;
  readonly failure: Error | undefined = undefined;
  broken = false;
  readonly #decoder = new TextDecoder();
  #text = '';
  #listeners = new Set<() => void>();
  #resizers = new Set<() => void>();
  onText: () => void = () => {};

  constructor(columns: number | undefined, rows?: number) {
    this.isTTY = columns !== undefined;
    this.columns = columns;
    this.rows = rows;
  }

  get text(): string {
    return this.#text;
  }

  write(chunk: string | Uint8Array): boolean {
    if (this.broken) return true;
    this.#text += typeof chunk === 'string' ? chunk : this.#decoder.decode(chunk, { stream: true });
    this.onText();
    return true;
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  useEventLoop(): void {}

  abandon(): number {
    return 0;
  }

  onBroken(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onResize(listener: () => void): () => void {
    this.#resizers.add(listener);
    return () => this.#resizers.delete(listener);
  }

  /** Somebody drags the corner of the window. */
  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    for (const listener of this.#resizers) listener();
  }

  /** The reader goes away. */
  break(): void {
    this.broken = true;
    for (const listener of this.#listeners) listener();
  }
}

export function fakeIo(options: FakeIoOptions = {}): FakeIo {
  const stdout = new FakeSink(options.tty, options.rows);
  const stderr = new FakeSink(options.tty);
  const signals = new Map<SignalName, Set<() => void>>();
  const raised: string[] = [];
  const strays: ((thrown: unknown) => void)[] = [];
  let ended: number | undefined;
  return {
    stdout,
    stderr,
    stdin: () => {
      const { stdin } = options;
      if (stdin instanceof Readable) return stdin;
      return Readable.from(stdin === undefined ? [] : [Buffer.from(stdin)]);
    },
    env: { ...options.env },
    cwd: options.cwd ?? ROOT,
    // Never the tester's own home: a NATS context there would change what a test does.
    home: options.home ?? '/nonexistent-home',
    platform: options.platform ?? 'linux',
    nodeVersion: process.versions.node,
    bunVersion: undefined,
    runtime: process.execPath,
    pid: process.pid,
    clock: options.clock ?? { ...systemClock, now: options.now ?? systemClock.now },
    onSignal(name, listener) {
      const set = signals.get(name) ?? new Set();
      signals.set(name, set.add(listener));
      return () => set.delete(listener);
    },
    raise: (name) => {
      raised.push(name);
    },
    raised,
    onStray: (listener) => {
      strays.push(listener);
      return () => void strays.splice(strays.indexOf(listener), 1);
    },
    stray: (thrown) => strays.at(-1)?.(thrown),
    endNow: (code) => {
      ended = code;
    },
    memory: () => process.memoryUsage.rss(),
    holdLittle: () => {},
    out: () => stdout.text,
    err: () => stderr.text,
    signal: (name) => {
      for (const listener of signals.get(name) ?? []) listener();
    },
    endedWith: () => ended,
    seen: (pattern, ms = 10_000) =>
      new Promise((resolve, reject) => {
        const look = (): boolean => pattern.test(stdout.text) || pattern.test(stderr.text);
        if (look()) return resolve();
        const timer = setTimeout(
          () =>
            reject(
              new Error(`${pattern} was not written in ${ms} ms.\nstdout:\n${stdout.text}\nstderr:\n${stderr.text}`),
            ),
          ms,
        );
        const check = (): void => {
          if (!look()) return;
          clearTimeout(timer);
          resolve();
        };
        stdout.onText = check;
        stderr.onText = check;
      }),
  };
}

export interface CliRun {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the program to its end, in this process where another program under test is not named. */
export async function runCli(argv: readonly string[], options: FakeIoOptions = {}): Promise<CliRun> {
  if (!ON_NODE && isOfProcess(options)) return await runProcess(argv, options);
  const io = fakeIo(options);
  const code = await main(argv, io);
  return { code, stdout: io.out(), stderr: io.err() };
}

/** Starts the program in this process; for commands that go on until they are stopped. */
export function startCli(argv: readonly string[], options: FakeIoOptions = {}): { io: FakeIo; exit: Promise<number> } {
  const io = fakeIo(options);
  return { io, exit: main(argv, io) };
}

/** Nothing of it is a world that only this process can play. */
function isOfProcess({ env, stdin, cwd, home, ...others }: FakeIoOptions): boolean {
  return Object.values(others).every((each) => each === undefined) && !(stdin instanceof Readable);
}

/** The program under test in a process of its own, which sees no more of this one than `fakeIo` lets it see. */
async function runProcess(argv: readonly string[], { env, stdin, cwd, home }: FakeIoOptions): Promise<CliRun> {
  const [file, ...words] = [...PROGRAM, ...argv];
  const child = spawn(file, words, {
    cwd: cwd ?? ROOT,
    env: { PATH: process.env.PATH, HOME: home ?? '/nonexistent-home', ...env },
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text: string) => (texts[name] += text));
  }
  child.stdin.on('error', () => {});
  child.stdin.end(stdin);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code === null) throw new Error(`${argv.join(' ')} was ended by ${signal}:\n${texts.stdout}${texts.stderr}`);
  return { code, ...texts };
}
