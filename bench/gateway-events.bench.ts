import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import { readText } from '../src/config/document.ts';
import { readGatewayConfig } from '../src/config/views/gateway-config/read.ts';
import { runGateway } from '../src/gateway/run.ts';
import { connect } from '../src/transport/nats.ts';
import type { Transport } from '../src/transport/transport.ts';
import { findNatsServer, startNatsServer } from '../test/helpers/nats-server.ts';
import { judge } from './budget.ts';
import { answerOf, end, type Serving, startServing } from './child.ts';
import { median } from './median.ts';

// What clients that listen cost: memory while nothing happens, time when all are told of one thing, and what one costs that
// never reads. The gateway is a process of its own, beside an empty server of node:http that holds as many streams.

const CLIENTS = 5_000;
/** Sent twice, the second time to see that nothing grows with it. */
const FLOOD = { frames: 250, bytes: 200_000, paceMs: 10 };

/** With what V8 has not collected yet, or without. */
type Asked = 'as it is' | 'collected';
const memoryOf = (serving: Serving, what: Asked) => answerOf<Memory>(serving, what);

interface Memory {
  readonly rss: number;
  /** What is really in use, on the heap and beside it. */
  readonly held: number;
}

if (process.argv[2] === '--gateway' || process.argv[2] === '--bare') {
  let url = '';
  if (process.argv[2] === '--gateway') {
    const bus = await connect({ servers: [process.argv[3] ?? ''], reconnect: true });
    const text = `kind: gateway\nlisten: 127.0.0.1:0\nlimits: {sse_clients: ${CLIENTS + 10}}\nstore: {kind: ${process.argv[4]}}\n`;
    const read = readGatewayConfig(readText('', text));
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    ({ url } = await runGateway(bus, {
      config: read.value,
      secrets: { env: {}, read: () => '' },
      version: '0.0.0',
      log: () => {},
    }));
  } else {
    const { createServer } = await import('node:http');
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('event: init\ndata: {}\n\n');
    });
    server.listen(0, '127.0.0.1', 4_096);
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  }
  process.on('message', (asked: Asked) => {
    if (asked === 'collected') globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    process.send?.({ rss, held: heapUsed + external } satisfies Memory);
  });
  process.send?.(url);
} else await bench();

async function bench(): Promise<void> {
  if (findNatsServer() === undefined) return console.log('no nats-server on this machine');
  const server = await startNatsServer({ config: 'jetstream { store_dir: "FOLDER/js" }' });
  const bus = await connect({ servers: [server.url] });
  // Somebody takes what is sent, and answers when he is told to.
  let taken: { task_id: string; parent_task_id: string } | undefined;
  bus.subscribe('heddle.tasks.incoming', ({ data }) => {
    taken = JSON.parse(Buffer.from(data).toString()) as typeof taken;
  });
  await bus.flush();

  const bare = await idle(await startServing(import.meta.url, '--bare'));
  console.log(`${'node:http, idle streams'.padEnd(34)} ${bare.kib.toFixed(1)} KiB each`);
  for (const home of ['memory', 'required']) {
    const gateway = await startServing(import.meta.url, '--gateway', server.url, home);
    const { kib, sockets } = await idle(gateway, false);
    console.log(
      `${`${CLIENTS} idle clients, ${home === 'memory' ? 'memory' : 'JetStream'}`.padEnd(34)} ${kib.toFixed(1)} KiB each, ${(kib / bare.kib).toFixed(1)} x node:http   ${judge('gateway-events', 'an idle client', kib)}`,
    );
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1) times.push(await tell(bus, gateway.url, sockets, () => taken));
    const took = median(times);
    console.log(
      `${'one result, to all of them'.padEnd(34)} ${took.toFixed(0)} ms   ${judge('gateway-events', 'one result to all', took)}`,
    );
    for (const socket of sockets) socket.destroy();
    await end(gateway.process);
    // A process of its own: in one that has just let go of 5,000 clients everything would fit.
    const fresh = await startServing(import.meta.url, '--gateway', server.url, home);
    for (const { mb, most, held } of await deaf(bus, fresh, () => taken)) {
      console.log(
        `${`${mb} MB for one that never reads`.padEnd(34)} resident up to ${most.toFixed(1)} MiB more, with what V8 had not collected   ${judge('gateway-events', '50 MB for one that never reads', most)}; ${held.toFixed(1)} MiB more in use`,
      );
    }
    await end(fresh.process);
  }
  await bus.close();
  await server.stop();
}

/** What each of many costs that only listen. */
async function idle(serving: Serving, over = true): Promise<{ kib: number; sockets: Socket[] }> {
  // What a process makes once, whoever comes.
  const first = await Promise.all(Array.from({ length: 100 }, () => listen(serving.url)));
  const { rss: before } = await memoryOf(serving, 'collected');
  const sockets = [...first];
  while (sockets.length < CLIENTS) {
    sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => listen(serving.url)))));
  }
  const kib = ((await memoryOf(serving, 'collected')).rss - before) / 1024 / (CLIENTS - first.length);
  if (over) {
    for (const socket of sockets) socket.destroy();
    await end(serving.process);
  }
  return { kib, sockets };
}

async function listen(url: string): Promise<Socket> {
  const { port } = new URL(url);
  const socket = connectSocket(Number(port), '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET /v1/events HTTP/1.1\r\nhost: bench\r\n\r\n');
  await once(socket, 'data');
  return socket;
}

async function tell(
  bus: Transport,
  url: string,
  sockets: readonly Socket[],
  taken: () => { task_id: string; parent_task_id: string } | undefined,
): Promise<number> {
  await send(url, {});
  const { task_id: id, parent_task_id: parent } = taken() ?? { task_id: '', parent_task_id: '' };
  const all = Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>((resolve) => {
          const hear = (bytes: Buffer): void => {
            if (!bytes.includes('task/result')) return;
            socket.off('data', hear);
            resolve();
          };
          socket.on('data', hear);
        }),
    ),
  );
  const begun = performance.now();
  const result = {
    task_id: id,
    parent_task_id: parent,
    worker_type: 'w',
    status: 'completed',
    output: {},
    processing_time_ms: 1,
  };
  bus.publish(`heddle.results.${parent}`, JSON.stringify(result));
  await all;
  return performance.now() - begun;
}

async function deaf(
  bus: Transport,
  serving: Serving,
  taken: () => { task_id: string } | undefined,
): Promise<readonly { mb: number; most: number; held: number }[]> {
  await send(serving.url, { client_id: 'deaf' });
  const id = taken()?.task_id;
  const socket = connectSocket(Number(new URL(serving.url).port), '127.0.0.1');
  socket.on('error', () => {});
  socket.pause();
  socket.write('GET /v1/events?client_id=deaf HTTP/1.1\r\nhost: bench\r\n\r\n');
  await pause(500);
  const before = await memoryOf(serving, 'collected');
  let most = before.rss;
  const note = JSON.stringify({ note: 'x'.repeat(FLOOD.bytes) });
  const grown = [];
  for (const round of [1, 2]) {
    for (let at = 0; at < FLOOD.frames; at += 1) {
      bus.publish(`heddle.gateway.progress.${id}`, `{"n":${round * FLOOD.frames + at},${note.slice(1)}`);
      await bus.flush();
      await pause(FLOOD.paceMs);
      if (at % 25 === 0) most = Math.max(most, (await memoryOf(serving, 'as it is')).rss);
    }
    await pause(1_000);
    most = Math.max(most, (await memoryOf(serving, 'as it is')).rss);
    const { held } = await memoryOf(serving, 'collected');
    const mb = (round * FLOOD.frames * FLOOD.bytes) / 1e6;
    grown.push({ mb, most: (most - before.rss) / 1024 / 1024, held: (held - before.held) / 1024 / 1024 });
  }
  socket.destroy();
  return grown;
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

async function send(url: string, more: object): Promise<void> {
  const response = await fetch(`${url}/v1/tasks`, {
    method: 'POST',
    body: JSON.stringify({ worker_type: 'w', payload: {}, ...more }),
    headers: { 'content-type': 'application/json' },
  });
  if (response.status !== 202) throw new Error(await response.text());
  await response.text();
}
