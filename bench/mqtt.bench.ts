import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect as connectMqtt, type MqttClient } from 'mqtt';
import { readText } from '../src/config/document.ts';
import { readGatewayConfig } from '../src/config/views/gateway-config/read.ts';
import { type RunningGateway, runGateway } from '../src/gateway/run.ts';
import { connect } from '../src/transport/nats.ts';
import { findNatsServer, startNatsServer } from '../test/helpers/nats-server.ts';
import { freePort } from '../test/helpers/ports.ts';
import { judge } from './budget.ts';
import { median } from './median.ts';

// How many messages of QoS 1 a second become tasks by way of mosquitto, beside a loop of mqtt.js and the NATS client that checks, maps
// and confirms nothing: the same broker, the same publisher, one after the other in one run.

const MESSAGES = 20_000;
const ROUNDS = 3;

if (process.argv[2] === '--listener') {
  const bus = await connect({ servers: [process.argv[3] ?? ''], reconnect: true });
  let seen = 0;
  bus.subscribe(
    'heddle.tasks.incoming',
    () => {
      seen += 1;
      if (seen % MESSAGES === 0) process.send?.('all');
    },
    { queue: 'router' },
  );
  await bus.flush();
  process.send?.('ready');
} else if (process.argv[2] === '--publisher') {
  const client = connectMqtt(process.argv[3] ?? '', { protocolVersion: 5, properties: { receiveMaximum: 1_000 } });
  await new Promise<void>((resolve) => client.once('connect', () => resolve()));
  process.on('message', () => {
    for (let n = 0; n < MESSAGES; n += 1)
      client.publish('sensors/kitchen/temp', `{"t":${n}.50,"unit":"C"}`, { qos: 1 });
  });
  process.on('disconnect', () => client.end(true));
  process.send?.('ready');
} else await bench();

async function bench(): Promise<void> {
  if (findNatsServer() === undefined) return console.log('no nats-server on this machine');
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-'));
  // It drops what its queue has no room for, as it comes.
  const limits = 'max_queued_messages 0\nmax_inflight_messages 0\nallow_anonymous true\n';
  writeFileSync(join(folder, 'mosquitto.conf'), `listener ${port} 127.0.0.1\n${limits}`);
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
  const broker = spawn('mosquitto', ['-c', join(folder, 'mosquitto.conf')], { stdio: 'ignore', env });
  const isThere = await Promise.race([once(broker, 'error').then(() => false), once(broker, 'spawn').then(() => true)]);
  if (!isThere) return console.log('no mosquitto on this machine');
  const server = await startNatsServer();
  const url = `mqtt://127.0.0.1:${port}`;
  const listener = await child('--listener', server.url);
  const publisher = await child('--publisher', url);
  const rate = async (): Promise<number> => {
    const begun = performance.now();
    publisher.send('go');
    await once(listener, 'message');
    return (MESSAGES / (performance.now() - begun)) * 1_000;
  };
  const rates = { bare: [] as number[], gateway: [] as number[] };
  let rss = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const bus = await connect({ servers: [server.url] });
    const loop = await bareLoop(url, (payload) => bus.publish('heddle.tasks.incoming', payload));
    const bare = await rate();
    await loop.endAsync(true);
    const gateway = await gatewayAt(url, server.url);
    const own = await rate();
    rss = Math.max(rss, process.memoryUsage().rss);
    await gateway.running.drain(5_000);
    await gateway.close();
    await bus.close();
    // The first round warms up.
    if (round > 0) {
      rates.bare.push(bare);
      rates.gateway.push(own);
    }
  }
  const [bare, own] = [median(rates.bare), median(rates.gateway)];
  console.log(`mqtt.js to the NATS client, nothing checked: ${Math.round(bare)}/s`);
  console.log(
    `through the gateway, acknowledged when the bus has it: ${Math.round(own)}/s, ${(own / bare).toFixed(2)} of that; memory of this process ${Math.round(rss / 1024 / 1024)} MiB`,
  );
  console.log(judge('mqtt', 'through the gateway', own));
  for (const each of [listener, publisher]) {
    each.disconnect();
    each.kill();
  }
  broker.kill();
  rmSync(folder, { recursive: true });
  await server.stop();
}

async function child(...args: readonly string[]): Promise<ChildProcess> {
  const begun = fork(fileURLToPath(import.meta.url), args);
  await once(begun, 'message');
  return begun;
}

async function bareLoop(url: string, take: (payload: Buffer) => void): Promise<MqttClient> {
  const client = connectMqtt(url, { clientId: 'bare', protocolVersion: 5, properties: { receiveMaximum: 1_000 } });
  client.on('message', (_topic, payload) => take(payload));
  await new Promise<void>((resolve) => client.once('connect', () => resolve()));
  await client.subscribeAsync('sensors/#', { qos: 1 });
  return client;
}

async function gatewayAt(
  url: string,
  bus: string,
): Promise<{ readonly running: RunningGateway; close(): Promise<void> }> {
  const transport = await connect({ servers: [bus], reconnect: true });
  const text = `listen: 127.0.0.1:0\nkind: gateway\nmqtt: [{url: "${url}", version: 5, session_expiry_s: 0, topics: ["sensors/{room}/temp"], to: task, worker_type: thermo, payload: {room: "{room}", t: {ref: /body/t}}}]\n`;
  const read = readGatewayConfig(readText('', text));
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  let up = (): void => {};
  const connected = new Promise<void>((resolve) => {
    up = resolve;
  });
  const running = await runGateway(transport, {
    config: read.value,
    secrets: { env: {}, read: () => '' },
    version: '0.0.0',
    log: ({ kind }) => {
      if (kind === 'mqtt_connected') up();
    },
  });
  await connected;
  return { running, close: () => transport.close() };
}
