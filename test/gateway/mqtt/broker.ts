import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'node:test';
import { connect, type IClientOptions, type IClientPublishOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import { freePort } from '../../helpers/ports.ts';

function findMosquitto(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders
    .map((folder) => join(folder, 'mosquitto'))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** For `{ skip }`: false, or the reason. */
export const skipWithoutMosquitto: string | false =
  findMosquitto() === undefined ? 'no mosquitto on this machine' : false;

export interface Mosquitto {
  readonly url: string;
  readonly port: number;
  log(): string;
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** A mosquitto of the test's own. `config`: more lines; `FOLDER` in them is its folder. Its log is shown when the test failed. */
export async function mosquittoFor(
  t: TestContext,
  {
    config = '',
    listener = '',
    files = {},
  }: { config?: string; listener?: string; files?: Readonly<Record<string, string>> } = {},
): Promise<Mosquitto> {
  const program = findMosquitto();
  assert.ok(program !== undefined, 'there is no mosquitto on this machine');
  const folder = mkdtempSync(join(tmpdir(), 'heddle-mosquitto-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const port = await freePort();
  const anonymous = /allow_anonymous|password_file/.test(config) ? '' : 'allow_anonymous true\n';
  const path = join(folder, 'mosquitto.conf');
  const text = `user root\nlog_type all\nconnection_messages true\nlistener ${port} 127.0.0.1\n${listener}\n${anonymous}${config}\n`;
  writeFileSync(path, text.replaceAll('FOLDER', folder));
  let log = '';
  let child: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null) return;
    const ended = new Promise((resolve) => ending.once('exit', resolve));
    ending.kill('SIGKILL');
    await ended;
  };
  const start = async (): Promise<void> => {
    const begun = spawn(program, ['-c', path], { stdio: ['ignore', 'pipe', 'pipe'] });
    child = begun;
    for (const stream of [begun.stdout, begun.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
    for (let tries = 0; !(await listens(port)); tries += 1) {
      assert.ok(tries < 400 && begun.exitCode === null, `mosquitto does not listen: ${log}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  };
  t.after(async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
    const { passed } = t as TestContext & { readonly passed?: boolean };
    if (passed === false) t.diagnostic(`mosquitto said:\n${log.slice(-8_000)}`);
  });
  await start();
  return { url: `mqtt://127.0.0.1:${port}`, port, log: () => log, kill, start };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial({ host: '127.0.0.1', port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A device of the test's own. */
export interface Device {
  readonly client: MqttClient;
  readonly heard: { readonly topic: string; readonly text: string; readonly packet: IPublishPacket }[];
  publish(topic: string, payload: string | Buffer, options?: IClientPublishOptions): Promise<void>;
}

export async function deviceAt(
  t: TestContext,
  url: string,
  listens: readonly string[] = [],
  options: IClientOptions = {},
): Promise<Device> {
  const client = connect(url, { reconnectPeriod: 200, ...options });
  const heard: Device['heard'] = [];
  client.on('message', (topic, payload, packet) => heard.push({ topic, text: payload.toString(), packet }));
  client.on('error', () => {});
  t.after(() => new Promise<void>((resolve) => client.end(true, {}, () => resolve())));
  await new Promise<void>((resolve) => client.once('connect', () => resolve()));
  if (listens.length > 0) await client.subscribeAsync([...listens], { qos: 1 });
  return {
    client,
    heard,
    publish: async (topic, payload, given = {}) => {
      await client.publishAsync(topic, payload, { qos: 1, ...given });
    },
  };
}
