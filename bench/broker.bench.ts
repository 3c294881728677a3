import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startBroker } from '../src/broker/broker.ts';
import { connect } from '../src/transport/nats.ts';
import { findNatsServer, startNatsServer } from '../test/helpers/nats-server.ts';
import { median } from './median.ts';

// How many messages a second go from one publisher to one listener, through the broker and through a real nats-server.
// Server, publisher and listener are a process each; the servers take turns, medians of the rounds.

const MESSAGES = 200_000;
const BYTES = 128;
const ROUNDS = 7;
/** The publisher waits for the server after so many, so that it is the server that is measured. */
const BATCH = 2000;
const SUBJECT = 'heddle.tasks.incoming';

const [role, port = ''] = process.argv.slice(2);
if (role === 'broker') await beBroker();
else if (role === 'listener') await beListener(port);
else await measure();

async function beBroker(): Promise<void> {
  const broker = await startBroker();
  process.send?.(broker.port);
  await once(process, 'disconnect');
  await broker.close();
}

async function beListener(at: string): Promise<void> {
  const bus = await connect({ servers: [`127.0.0.1:${at}`] });
  let heard = 0;
  bus.subscribe(SUBJECT, () => {
    heard += 1;
    if (heard % MESSAGES === 0) process.send?.('all');
  });
  await bus.flush();
  process.send?.('ready');
  await once(process, 'disconnect');
  await bus.close();
}

async function measure(): Promise<void> {
  const broker = child('broker');
  const [brokerPort] = (await once(broker, 'message')) as [number];
  const server = findNatsServer() === undefined ? undefined : await startNatsServer();
  const rates = new Map<string, number[]>();
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [name, at] of [
        ['broker', brokerPort],
        ...(server ? [['nats-server', server.port] as const] : []),
      ] as const) {
        const rate = await oneRound(at);
        rates.set(name, [...(rates.get(name) ?? []), rate]);
      }
    }
  } finally {
    broker.disconnect();
    await once(broker, 'exit');
    await server?.stop();
  }
  const ours = median(rates.get('broker') ?? []);
  console.log(`broker       ${Math.round(ours / 1000)}k messages/s of ${BYTES} bytes, one publisher to one listener`);
  const theirs = rates.get('nats-server');
  if (theirs === undefined) console.log('nats-server  not on this machine');
  else
    console.log(
      `nats-server  ${Math.round(median(theirs) / 1000)}k messages/s; the broker has ${(ours / median(theirs)).toFixed(2)} of it`,
    );
}

/** Messages a second, until the last one was heard. */
async function oneRound(at: number): Promise<number> {
  const listener = child('listener', String(at));
  await once(listener, 'message');
  const bus = await connect({ servers: [`127.0.0.1:${at}`] });
  const payload = new Uint8Array(BYTES).fill(120);
  const all = once(listener, 'message');
  const from = performance.now();
  for (let sent = 0; sent < MESSAGES; sent += 1) {
    bus.publish(SUBJECT, payload);
    if (sent % BATCH === BATCH - 1) await bus.flush();
  }
  await all;
  const seconds = (performance.now() - from) / 1000;
  await bus.close();
  listener.disconnect();
  await once(listener, 'exit');
  return MESSAGES / seconds;
}

function child(...args: string[]): ChildProcess {
  return fork(fileURLToPath(import.meta.url), args);
}
