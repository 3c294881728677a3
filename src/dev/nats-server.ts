import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProgram, type Program, startProgram } from '../child/program.ts';
import { HeddleError } from '../errors.ts';
import type { Clock } from '../time/clock.ts';
import { within } from '../time/wait.ts';
import type { BusOptions, DevBus } from './dev-bus.ts';

const READY_MS = 10_000;
const END_MS = 3_000;
/** Of what it said before it was ready, for the words of a start that failed. */
const MOST_LINES = 200;

/** Starts a nats-server on loopback, with JetStream in a folder that goes when it goes. */
export async function startNatsServer(
  program: string,
  port: number,
  {
    cwd,
    env,
    platform,
    log,
    onChild,
    clock,
    mqttPort,
  }: Pick<BusOptions, 'cwd' | 'env' | 'platform' | 'log' | 'onChild' | 'mqttPort'> & { readonly clock: Clock },
): Promise<DevBus> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-dev-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  // -1 lets the kernel choose, which leaves no moment in which another program could take the port.
  const args = ['-a', '127.0.0.1', '-p', String(port === 0 ? -1 : port), '-js', '-sd', folder];
  if (mqttPort !== undefined) {
    // There is no flag for it, and no default for the name that it needs.
    const config = join(folder, 'mqtt.conf');
    writeFileSync(
      config,
      `server_name: heddle-dev\nmqtt { host: 127.0.0.1, port: ${mqttPort === 0 ? -1 : mqttPort} }\n`,
    );
    args.push('-c', config);
  }
  const start = watchStart();
  let stopping = false;
  let server: Program;
  try {
    server = await startProgram({ command: [program, ...args], cwd, env, platform, clock }, () => ({
      // It writes nothing there, but a full pipe would stop it.
      line: () => {},
      stderr: (line) => {
        if (start.ready === undefined) start.hear(line);
        else if (/\[(?:WRN|ERR|FTL)\]/.test(line)) log(line.trim());
      },
    }));
  } catch (thrown) {
    remove();
    throw start.problem(`did not start (${thrown instanceof Error ? thrown.message : String(thrown)})`, thrown);
  }
  const kill = (): void => {
    stopping = true;
    server.end('SIGKILL');
    remove();
  };
  onChild?.(kill);
  let ready: Ready;
  try {
    ready = await start.until(server, clock);
  } catch (thrown) {
    kill();
    throw thrown;
  }
  const ended = new Promise<HeddleError>((resolve) => {
    void server.ended.then(({ how }) => {
      remove();
      if (!stopping) resolve(new HeddleError('connection_closed', `the nats-server ended by itself (${how})`));
    });
  });
  return {
    url: `nats://127.0.0.1:${ready.port}`,
    what: `nats-server ${ready.version}, JetStream`,
    mqttUrl: ready.mqttUrl,
    ended,
    async stop() {
      stopping = true;
      await endProgram(server, { termAfterMs: 0, killAfterMs: END_MS }, clock);
    },
    kill,
  };
}

interface Ready {
  readonly port: number;
  readonly version: string;
  readonly mqttUrl: string | undefined;
}

/** What it prints is the only sign: it has no other way to say which port it was given. */
function watchStart() {
  const said: string[] = [];
  let ready: Ready | undefined;
  let tell: (ready: Ready) => void = () => {};
  const listening = new Promise<Ready>((resolve) => {
    tell = resolve;
  });
  const problem = (what: string, cause?: unknown): HeddleError =>
    new HeddleError('connection_failed', `nats-server ${what}${said.length === 0 ? '' : `: ${lastWords(said)}`}`, {
      cause,
    });
  return {
    get ready() {
      return ready;
    },
    problem,
    hear(line: string): void {
      said.push(line);
      if (said.length > MOST_LINES) said.shift();
      const text = said.join('\n');
      const port = /Listening for client connections on \S+:(\d+)/.exec(text)?.[1];
      if (port === undefined || !text.includes('Server is ready')) return;
      ready = {
        port: Number(port),
        version: /Version:\s+(\S+)/.exec(text)?.[1] ?? '',
        mqttUrl: /Listening for MQTT clients on (\S+)/.exec(text)?.[1],
      };
      tell(ready);
    },
    async until(server: Program, clock: Clock): Promise<Ready> {
      const died = server.ended.then(({ how }): never => {
        throw problem(`did not start (${how})`);
      });
      const begun = Promise.race([listening, died]);
      if (await within(clock, begun, READY_MS)) return await begun;
      throw problem(`was not ready in ${READY_MS / 1000} s`);
    },
  };
}

function lastWords(said: readonly string[]): string {
  const telling = said.findLast((line) => /\[(?:ERR|FTL)\]/.test(line)) ?? said.at(-1) ?? '';
  return telling.trim().slice(0, 400);
}
