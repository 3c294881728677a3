import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect } from '../../../src/transport/nats.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import {
  findNewestNatsServer,
  type NatsServer,
  natsServerFor,
  skipWithoutNatsServer,
} from '../../helpers/nats-server.ts';
import { freePort } from '../../helpers/ports.ts';
import { type RunningProgram, startProgram } from '../../helpers/program.ts';
import { until } from '../../http/raw.ts';
import { type Device, deviceAt, mosquittoFor, skipWithoutMosquitto } from './broker.ts';

noLeaks();

const MANY = process.env.HEDDLE_SOAK === '1' ? 10_000 : 1_000;
const STREAM = 'EVERYTHING';
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function gatewayAt(t: TestContext, bus: NatsServer, folder: string): Promise<RunningProgram> {
  const argv = [
    'gateway',
    '--config',
    'gateway.yaml',
    '--nats-url',
    bus.url,
    '--no-env-file',
    '--no-nats-context',
    '-o',
    'ndjson',
  ];
  const program = startProgram(t, argv, { cwd: folder, env: {} });
  await program.seen(/"mqtt_connected"/);
  return program;
}

function folderWith(t: TestContext, config: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-mqtt-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'gateway.yaml'), config);
  return folder;
}

async function api(transport: Transport, subject: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await transport.request(`$JS.API.${subject}`, JSON.stringify(body), { timeoutMs: 20_000 });
  return JSON.parse(Buffer.from(answer.data).toString()) as Record<string, unknown>;
}

/** All that was ever published, which no outage takes away: by the number in its payload, under which ids. */
async function onTheBus(transport: Transport): Promise<Map<number, Set<string>>> {
  const info = (await api(transport, `STREAM.INFO.${STREAM}`, {})) as { state: { last_seq: number } };
  const found = new Map<number, Set<string>>();
  const read = async (seq: number): Promise<void> => {
    const { message } = (await api(transport, `STREAM.MSG.GET.${STREAM}`, { seq })) as { message: { data: string } };
    const task = JSON.parse(Buffer.from(message.data, 'base64').toString()) as {
      task_id: string;
      payload: { n: number };
    };
    found.set(task.payload.n, (found.get(task.payload.n) ?? new Set()).add(task.task_id));
  };
  for (let seq = 1; seq <= info.state.last_seq; seq += 100) {
    const many = Array.from({ length: Math.min(100, info.state.last_seq - seq + 1) }, (_, at) => read(seq + at));
    await Promise.all(many);
  }
  return found;
}

async function keepEverything(bus: NatsServer, t: TestContext): Promise<Transport> {
  const transport = await connect({ servers: [bus.url], timeoutMs: 20_000, reconnect: true });
  t.after(() => transport.close());
  const made = await api(transport, `STREAM.CREATE.${STREAM}`, {
    name: STREAM,
    subjects: ['heddle.tasks.incoming'],
    storage: 'file',
  });
  assert.equal(made.error, undefined);
  return transport;
}

/** Publishes all, at the pace of the broker's word, and keeps on over its outages. */
async function publishAll(device: Device, done: { count: number }): Promise<void> {
  const one = async (n: number): Promise<void> => {
    await device.publish(`t/${n}`, JSON.stringify({ n }));
    done.count += 1;
  };
  for (let n = 0; n < MANY; n += 50) await Promise.all(Array.from({ length: 50 }, (_, at) => one(n + at)));
}

/** The bus goes twice, the gateway once, while messages come. */
async function outages(t: TestContext, bus: NatsServer, folder: string, done: { count: number }): Promise<void> {
  const share = MANY / 5;
  const first = await gatewayAt(t, bus, folder);
  await until('the first fifth', () => done.count >= share, 60_000);
  await bus.kill();
  await pause(300);
  await bus.start();
  await until('the second fifth', () => done.count >= share * 2, 60_000);
  first.kill('SIGKILL');
  await first.ended;
  await gatewayAt(t, bus, folder);
  await until('the third fifth', () => done.count >= share * 3, 60_000);
  await bus.kill();
  await pause(300);
  await bus.start();
}

test('mosquitto: the bus goes twice and the gateway once, and every message is on it, by one id', {
  skip: skipWithoutMosquitto || skipWithoutNatsServer(),
}, async (t) => {
  const bus = await natsServerFor(t, { config: 'jetstream { store_dir: "FOLDER/js" }' });
  const transport = await keepEverything(bus, t);
  const broker = await mosquittoFor(t, { config: 'max_queued_messages 0\nmax_inflight_messages 100' });
  const folder = folderWith(
    t,
    `kind: gateway\nlisten: 127.0.0.1:0\nmqtt: [{url: "${broker.url}", topics: ["t/+"], to: task, worker_type: x}]\n`,
  );
  const device = await deviceAt(t, broker.url);
  const done = { count: 0 };
  // The session is there before the first message.
  const early = await gatewayAt(t, bus, folder);
  early.kill('SIGKILL');
  await early.ended;
  await Promise.all([outages(t, bus, folder, done), publishAll(device, done)]);
  const acknowledged = (): number => broker.log().split('Received PUBACK from heddle').length - 1;
  await until('the word for all', () => acknowledged() >= MANY, 60_000);
  const found = await onTheBus(transport);
  assert.equal(found.size, MANY);
  assert.deepEqual(
    [...found.values()].filter((ids) => ids.size !== 1),
    [],
    'each by one id',
  );
  assert.equal(acknowledged(), MANY, 'each was acknowledged once');
});

for (const [name, program] of [
  ['the nats-server of this machine', undefined],
  ['the newest nats-server', findNewestNatsServer()],
] as const) {
  const missing =
    name.startsWith('the newest') && program === undefined ? 'HEDDLE_NATS_SERVER_NEWEST names none' : false;
  test(`the listener of ${name}: it goes twice and the gateway once, and every message is on it, by one id`, {
    skip: missing || skipWithoutNatsServer(),
  }, async (t) => {
    const port = await freePort();
    const config = `server_name: one\njetstream { store_dir: "FOLDER/js" }\nmqtt { host: 127.0.0.1, port: ${port}, ack_wait: "2s", max_ack_pending: 100 }\n`;
    const bus = await natsServerFor(t, { config, program });
    const transport = await keepEverything(bus, t);
    const folder = folderWith(
      t,
      `kind: gateway\nlisten: 127.0.0.1:0\nmqtt: [{url: "mqtt://127.0.0.1:${port}", topics: ["t/+"], to: task, worker_type: x, id: "{/body/n}"}]\n`,
    );
    const early = await gatewayAt(t, bus, folder);
    early.kill('SIGKILL');
    await early.ended;
    const device = await deviceAt(t, `mqtt://127.0.0.1:${port}`, [], { clientId: 'device', clean: false });
    const done = { count: 0 };
    await Promise.all([outages(t, bus, folder, done), publishAll(device, done)]);
    let found = await onTheBus(transport);
    const deadline = performance.now() + 60_000;
    while (found.size < MANY && performance.now() < deadline) {
      await pause(500);
      found = await onTheBus(transport);
    }
    assert.equal(found.size, MANY);
    assert.deepEqual(
      [...found.values()].filter((ids) => ids.size !== 1),
      [],
      'each by one id',
    );
  });
}
