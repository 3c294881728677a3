import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { type Broker, startBroker } from '../src/broker/broker.ts';
import { readTopology } from '../src/topology/read-topology.ts';
import { connect } from '../src/transport/nats.ts';
import type { Transport } from '../src/transport/transport.ts';
import { findNatsServer, startNatsServer } from '../test/helpers/nats-server.ts';
import { judge } from './budget.ts';
import { median } from './median.ts';

// A whole preflight, cold, against a healthy bus on loopback, as a ratio to the bare runtime; and the map of a large bus.

const BIN = fileURLToPath(new URL('../../bin/heddle-ts.js', import.meta.url));
const PAIRS = 25;
const CONNECTIONS = 500;

const bus = findNatsServer() === undefined ? fromBroker(await startBroker()) : await startNatsServer();
const actors: Transport[] = [];
try {
  await actAs([['heddle.tasks.incoming']]);
  await actAs([['heddle.tasks.echo.local', 'processors-echo'], ['heddle.control.reload']]);
  await actAs([['heddle.goals.incoming', 'pipelines']]);
  await actAs([['heddle.tasks.dead_letter']]);
  cold('preflight', ['preflight', '--nats-url', bus.url]);
  cold('preflight --probe live', ['preflight', '--probe', 'live']);
  cold('preflight --probe ready', ['preflight', '--probe', 'ready', '--nats-url', bus.url]);

  for (let at = actors.length; at < CONNECTIONS; at += 1) {
    await actAs([
      [`heddle.tasks.w${at % 50}.local`, `processors-w${at % 50}`],
      ['heddle.control.reload'],
      [`heddle.results.g${at}`],
      [`a.${at}`],
    ]);
  }
  const asker = await actAs([]);
  const times: number[] = [];
  for (let run = 0; run < 15; run += 1) {
    const from = performance.now();
    const map = await readTopology(asker);
    times.push(performance.now() - from);
    if (!map.known || map.connections.length <= CONNECTIONS) throw new Error('the map is not whole');
  }
  const ms = median(times);
  console.log(
    `map of ${CONNECTIONS} connections, 2,000 subscriptions: ${ms.toFixed(0)} ms   ${judge('preflight', 'map of connections', ms)}`,
  );
} finally {
  await Promise.all(actors.map((each) => each.close()));
  await bus.stop();
}

async function actAs(hears: readonly (readonly [subject: string, queue?: string])[]): Promise<Transport> {
  const transport = await connect({ servers: [bus.url], name: '' });
  for (const [subject, queue] of hears) transport.subscribe(subject, () => {}, { queue });
  await transport.flush();
  actors.push(transport);
  return transport;
}

function cold(name: string, argv: readonly string[]): void {
  const ratios: number[] = [];
  time(['-e', '0']);
  time([BIN, ...argv]);
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const bare = time(['-e', '0']);
    ratios.push(time([BIN, ...argv]) / bare);
  }
  const ratio = median(ratios);
  console.log(`${name.padEnd(24)} ${ratio.toFixed(2)} x node -e 0   ${judge('preflight', name, ratio)}`);
}

function time(argv: readonly string[]): number {
  const from = performance.now();
  const { status, stderr } = spawnSync(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ms = performance.now() - from;
  if (status !== 0) throw new Error(`${argv.join(' ')} exited ${status}: ${stderr}`);
  return ms;
}

function fromBroker(broker: Broker): { url: string; stop: () => Promise<void> } {
  return { url: broker.url, stop: () => broker.close() };
}
