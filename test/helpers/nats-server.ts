import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { TestContext } from 'node:test';

/** A real nats-server of the test's own, on 127.0.0.1 and a port that the kernel chose. */
export interface NatsServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** A folder of its own, gone after `stop`. */
  readonly folder: string;
  /** Everything that it printed, over restarts. */
  log(): string;
  /** Ends it and starts it again on the same port. */
  restart(): Promise<void>;
  /** Ends the process; `start` brings it back on the same port. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Stops it in its tracks, with its connections open, and lets it run again. Not on Windows. */
  freeze(): void;
  thaw(): void;
  /** Ends it for good; idempotent. */
  stop(): Promise<void>;
}

export interface NatsServerOptions {
  /** Another nats-server than the one that the machine has. */
  program?: string | undefined;
  /** Text of a configuration file; `FOLDER` in it stands for the server's folder. */
  config?: string | undefined;
  args?: readonly string[] | undefined;
  /** Where another one stood; else the kernel chooses. */
  port?: number | undefined;
  /** Files to write into its folder first, by name. */
  files?: Readonly<Record<string, string>> | undefined;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

const START_MS = 20_000;

/**
 * Where nats-server is; undefined on a machine without it. Debian puts it where only root's PATH leads.
 * HEDDLE_NATS_SERVER names another one; a path to nothing hides the one that is there.
 */
export function findNatsServer(): string | undefined {
  const named = process.env.HEDDLE_NATS_SERVER;
  if (named !== undefined && named !== '') return isProgram(named) ? named : undefined;
  const name = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server';
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/usr/local/bin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isProgram);
}

/** For `{ skip: skipWithoutNatsServer() }`: false, or the reason. Where the machine must have one, its absence throws. */
export function skipWithoutNatsServer(): string | false {
  if (findNatsServer() !== undefined) return false;
  assert.notEqual(
    process.env.HEDDLE_REQUIRE_NATS_SERVER,
    '1',
    'HEDDLE_REQUIRE_NATS_SERVER=1, but there is no nats-server',
  );
  return 'no nats-server on this machine';
}

/** The newest nats-server beside the one of the machine, where HEDDLE_NATS_SERVER_NEWEST names one. */
export function findNewestNatsServer(): string | undefined {
  const named = process.env.HEDDLE_NATS_SERVER_NEWEST;
  return named !== undefined && isProgram(named) ? named : undefined;
}

/** Stops with the test, and shows its log when the test failed. */
export async function natsServerFor(t: TestContext, options: NatsServerOptions = {}): Promise<NatsServer> {
  const server = await startNatsServer(options);
  t.after(async () => {
    await server.stop();
    // Not in the types of Node 20 yet.
    const { passed } = t as TestContext & { readonly passed?: boolean };
    if (passed !== true) t.diagnostic(`nats-server said:\n${server.log()}`);
  });
  return server;
}

export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const program = options.program ?? findNatsServer();
  assert.ok(program !== undefined, 'there is no nats-server on this machine');
  const folder = mkdtempSync(join(tmpdir(), 'heddle-nats-'));
  for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(folder, name), text);
  const args = ['-a', '127.0.0.1', ...(options.args ?? [])];
  if (options.config !== undefined) {
    const path = join(folder, 'server.conf');
    writeFileSync(path, options.config.replaceAll('FOLDER', folder.replaceAll('\\', '/')));
    args.push('-c', path);
  }

  let log = '';
  let child: Child | undefined;
  let port = options.port ?? -1;
  const start = async () => {
    child = spawn(program, [...args, '-p', String(port)], { stdio: ['ignore', 'pipe', 'pipe'] });
    endWithUs(child, folder);
    const before = log.length;
    port = await untilReady(child, (text) => {
      log += text;
      return log.slice(before);
    });
  };
  const kill = async () => {
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = once(ending, 'close');
    ending.kill('SIGKILL');
    await ended;
  };
  const stop = async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    get url() {
      return `nats://127.0.0.1:${port}`;
    },
    get port() {
      return port;
    },
    get pid() {
      return child?.pid ?? 0;
    },
    folder,
    log: () => log,
    start,
    kill,
    async restart() {
      await kill();
      await start();
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    stop,
  };
}

const ours = new Map<Child, string>();

/** A test that is interrupted, or ends before its hooks ran, must not leave a server behind. */
function endWithUs(child: Child, folder: string): void {
  if (ours.size === 0) {
    const endAll = () => {
      for (const [each, its] of ours) {
        each.kill('SIGKILL');
        rmSync(its, { recursive: true, force: true });
      }
    };
    process.once('exit', endAll);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        endAll();
        process.kill(process.pid, signal);
      });
    }
  }
  ours.set(child, folder);
}

/** Resolves with the port once it takes connections. */
async function untilReady(child: Child, heard: (text: string) => string): Promise<number> {
  const { promise, resolve, reject } = withResolvers<number>();
  let said = '';
  const listen = (chunk: Buffer) => {
    said = heard(chunk.toString());
    const port = /Listening for client connections on \S+:(\d+)/.exec(said)?.[1];
    if (port !== undefined && said.includes('Server is ready')) resolve(Number(port));
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  child.once('error', reject);
  child.once('exit', (code) => reject(new Error(`nats-server ended with ${code} before it was ready:\n${said}`)));
  const timer = setTimeout(() => reject(new Error(`nats-server was not ready in ${START_MS} ms:\n${said}`)), START_MS);
  try {
    return await promise;
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
