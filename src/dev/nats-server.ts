import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeddleError } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import { within } from '../time/wait.ts';
import type { BusOptions, DevBus } from './bus.ts';

const READY_MS = 10_000;
const END_MS = 3_000;
const MOST_LOG = 4_000;

/** Starts a nats-server on loopback, with JetStream in a folder that goes when it goes. */
export async function startNatsServer(
  program: string,
  port: number,
  { log, onChild, clock }: Pick<BusOptions, 'log' | 'onChild'> & { readonly clock: Clock },
): Promise<DevBus> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-dev-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  // -1 lets the kernel choose, which leaves no moment in which another program could take the port.
  const args = ['-a', '127.0.0.1', '-p', String(port === 0 ? -1 : port), '-js', '-sd', folder];
  // A group of its own: Ctrl-C in a terminal must not end the bus before the workers have answered.
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, windowsHide: true });
  let stopping = false;
  const kill = (): void => {
    stopping = true;
    child.kill('SIGKILL');
    remove();
  };
  onChild?.(kill);
  const gone = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  let ready: Ready;
  try {
    ready = await untilReady(child, gone, clock);
  } catch (thrown) {
    kill();
    throw thrown;
  }
  child.stderr?.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n')) if (/\[(?:WRN|ERR|FTL)\]/.test(line)) log(line.trim());
  });
  const ended = new Promise<HeddleError>((resolve) => {
    void gone.then((how) => {
      remove();
      if (!stopping) resolve(new HeddleError('connection_closed', `the nats-server ended by itself (${how})`));
    });
  });
  return {
    url: `nats://127.0.0.1:${ready.port}`,
    what: `nats-server ${ready.version}, JetStream`,
    ended,
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      const force = clock.after(END_MS, () => child.kill('SIGKILL'));
      await gone;
      clock.cancel(force);
    },
    kill,
  };
}

interface Ready {
  readonly port: number;
  readonly version: string;
}

/** What it prints is the only sign: it has no other way to say which port it was given. */
async function untilReady(child: ChildProcess, gone: Promise<string>, clock: Clock): Promise<Ready> {
  let said = '';
  const problem = (what: string): HeddleError =>
    new HeddleError('connection_failed', `nats-server ${what}${said === '' ? '' : `: ${lastWords(said)}`}`);
  const listening = new Promise<Ready>((resolve) => {
    const hear = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-MOST_LOG * 4);
      const port = /Listening for client connections on \S+:(\d+)/.exec(said)?.[1];
      if (port === undefined || !said.includes('Server is ready')) return;
      child.stderr?.off('data', hear);
      resolve({ port: Number(port), version: /Version:\s+(\S+)/.exec(said)?.[1] ?? '' });
    };
    child.stderr?.on('data', hear);
    // It writes nothing here, but a full pipe would stop it.
    child.stdout?.resume();
  });
  const died = gone.then((how) => {
    throw problem(`did not start (${how})`);
  });
  const ready = Promise.race([listening, died]);
  if (await within(clock, ready, READY_MS)) return await ready;
  throw problem(`was not ready in ${READY_MS / 1000} s`);
}

function lastWords(said: string): string {
  const lines = said.trim().split('\n');
  return (lines.findLast((line) => /\[(?:ERR|FTL)\]/.test(line)) ?? lines.at(-1) ?? '').trim().slice(0, 400);
}
