import { fork } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Kvm } from '@nats-io/kv';
import { connect as connectOfficial } from 'nats';
import { readText } from '../src/config/document.ts';
import { readGatewayConfig } from '../src/config/views/gateway-config/read.ts';
import { Submitter } from '../src/delivery/submitter.ts';
import { type RunningGateway, runGateway } from '../src/gateway/run.ts';
import { NO_RULES } from '../src/router/rules.ts';
import { runRouter } from '../src/router/run.ts';
import { openBucket } from '../src/store/open.ts';
import { prepareTask } from '../src/submit/task-draft.ts';
import { connect } from '../src/transport/nats.ts';
import { echo } from '../src/worker/in-process.ts';
import { serveTasks } from '../src/worker/run.ts';
import { findNatsServer, startNatsServer } from '../test/helpers/nats-server.ts';
import { hasBudget, judge } from './budget.ts';
import { end } from './child.ts';
import type { HttpLoadCommand, HttpLoadReport } from './http-load.ts';
import { median } from './median.ts';

// What a gateway adds: to an empty server of node:http that takes the same JSON, to the key-value store of the bus, and to the
// exchange of a task and its answer by the client alone. All in one run, each beside its peer.

const ROUND_MS = 500;
const ROUNDS = 9;
const SECRET = 'a-secret-of-the-benchmark';

if (process.argv[2] === '--listener') {
  const bus = await connect({ servers: [process.argv[3] ?? ''], reconnect: true });
  bus.subscribe('heddle.tasks.incoming', () => {}, { queue: 'router' });
  await bus.flush();
  process.send?.('ready');
} else if (process.argv[2] === '--actors') {
  // Whoever listens, in a process of its own, as everywhere else.
  const bus = await connect({ servers: [process.argv[3] ?? ''], reconnect: true });
  await runRouter(bus, { rules: NO_RULES, log: () => {} });
  const settings = {
    name: 'echo',
    kind: 'processor',
    tier: 'standard',
    inputSchema: undefined,
    outputSchema: undefined,
    timeoutMs: undefined,
  } as const;
  await serveTasks(bus, { settings, performer: echo(), concurrency: 1000 });
  process.send?.('ready');
} else await bench();

async function bench(): Promise<void> {
  if (findNatsServer() === undefined) return console.log('no nats-server on this machine');
  const server = await startNatsServer({ config: 'jetstream { store_dir: "FOLDER/js" }' });
  const listener = fork(fileURLToPath(import.meta.url), ['--listener', server.url]);
  await once(listener, 'message');
  const load = fork(fileURLToPath(new URL('http-load.js', import.meta.url)));
  await once(load, 'message');
  const bus = await connect({ servers: [server.url], reconnect: true });
  const bare = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = JSON.stringify({
        accepted: typeof (JSON.parse(Buffer.concat(parts).toString()) as unknown) === 'object',
      });
      response
        .writeHead(202, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
        .end(body);
    });
  });
  bare.listen(0, '127.0.0.1');
  await once(bare, 'listening');
  const { port } = bare.address() as AddressInfo;
  const start = async (text: string): Promise<RunningGateway> => {
    const read = readGatewayConfig(readText('', `listen: 127.0.0.1:0\n${text}`));
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    const secrets = { env: { SECRET }, read: () => '' };
    return await runGateway(bus, { config: read.value, secrets, version: '0.0.0', log: () => {} });
  };
  const rate = async (to: number, request: string | readonly string[], clients: number): Promise<number> => {
    const command: HttpLoadCommand = { kind: 'ask', port: to, request, clients, ms: ROUND_MS };
    load.send(command);
    const [{ answers, ms }] = (await once(load, 'message')) as [HttpLoadReport];
    return (answers / ms) * 1000;
  };
  const portOf = ({ url }: RunningGateway): number => Number(new URL(url).port);

  const body = JSON.stringify({ worker_type: 'nobody', payload: { text: 'the quick brown fox', n: [1, 2, 3] } });
  const post = (path: string, text: string, more = ''): string =>
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n${more}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;

  const memory = await start('store: {kind: memory, ttl_s: 60}\n');
  await beside('POST /v1/tasks, memory', 'x node:http', [
    () => rate(port, post('/v1/tasks', body), 64),
    () => rate(portOf(memory), post('/v1/tasks', body), 64),
  ]);
  await memory.drain(1_000);

  const hooks = await start(
    'store: {kind: memory, ttl_s: 60}\nwebhooks: {w: {verify: {scheme: github, secrets: [{env: SECRET}]}, to: task, worker_type: nobody, dedupe: {key: "header:x-github-delivery", ttl_s: 60}}}\n',
  );
  const signature = createHmac('sha256', SECRET).update(body).digest('hex');
  const deliveries = Array.from({ length: 200_000 }, (_, at) =>
    post(
      '/webhooks/w',
      body,
      `x-hub-signature-256: sha256=${signature}\r\nx-github-delivery: ${String(at).padStart(8, '0')}\r\n`,
    ),
  );
  // Each delivery is new: the load begins where the last round ended.
  let from = 0;
  await beside('webhook: verify, dedupe, publish', 'x node:http', [
    () => rate(port, post('/webhooks/w', body), 64),
    () => {
      from += 20_000;
      return rate(portOf(hooks), deliveries.slice(from - 20_000, from), 64);
    },
  ]);
  await hooks.drain(1_000);

  const bucket = await openBucket({ home: 'jetstream', bus }, 'bench');
  await bucket.ensure({ ttlMs: 60_000 });
  let puts = 0;
  const value = Buffer.alloc(400, 'x');
  const putting = async (put: (key: string) => Promise<unknown>): Promise<number> => {
    const begun = performance.now();
    const first = puts;
    await Promise.all(
      Array.from({ length: 2_000 }, async () => {
        while (performance.now() - begun < ROUND_MS) await put(`req.${puts++}`);
      }),
    );
    return ((puts - first) / (performance.now() - begun)) * 1000;
  };
  const kept = await start('store: {kind: required, ttl_s: 60}\n');
  const keeping = () => rate(portOf(kept), post('/v1/tasks', body), 1_000);
  // What the server's key-value store takes is said by the client that everybody has; ours makes less around each put.
  const official = await connectOfficial({ servers: server.url });
  const theirs = await new Kvm(official).open('bench');
  await beside('POST /v1/tasks, JetStream', 'x puts of the official client', [
    () => putting((key) => theirs.put(key, value)),
    keeping,
  ]);
  await beside('the same', 'x puts of our own store', [() => putting((key) => bucket.put(key, value)), keeping]);
  await official.close();

  await end(listener);
  const actors = fork(fileURLToPath(import.meta.url), ['--actors', server.url]);
  await once(actors, 'message');
  const submitter = new Submitter(bus, { lingerMs: 0 });
  const sources = { now: () => Date.now(), uuid: () => crypto.randomUUID() };
  const alone = async (): Promise<void> => {
    const draft = { workerType: 'echo', payload: { n: 1 }, parentId: crypto.randomUUID() };
    const { outcome } = await submitter.start(prepareTask(draft, sources), { timeoutMs: 5_000 });
    await outcome;
  };
  const wait = JSON.stringify({ worker_type: 'echo', payload: { n: 1 } });
  const headers = { 'content-type': 'application/json', prefer: 'wait=5' };
  const through = async (): Promise<void> => {
    const response = await fetch(`${kept.url}/v1/tasks`, { method: 'POST', body: wait, headers });
    if (response.status !== 200) throw new Error(await response.text());
    await response.text();
  };
  const took = async (one: () => Promise<void>): Promise<number> => {
    const times: number[] = [];
    for (let at = 0; at < 200; at += 1) {
      const begun = performance.now();
      await one();
      times.push(performance.now() - begun);
    }
    return median(times);
  };
  await took(alone);
  await took(through);
  const added: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const own = await took(alone);
    added.push((await took(through)) - own);
  }
  const ms = median(added);
  console.log(`${'Prefer: wait'.padEnd(34)} ${ms.toFixed(2)} ms added   ${judge('gateway', 'Prefer: wait', ms)}`);

  submitter.close();
  await kept.drain(1_000);
  await bus.close();
  bare.close();
  await end(load, actors);
  await server.stop();
}

async function beside(
  what: string,
  of: string,
  [peer, own]: readonly [() => Promise<number>, () => Promise<number>],
): Promise<void> {
  await peer();
  await own();
  const ratios: number[] = [];
  const rates: number[] = [];
  const others: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const other = await peer();
    const mine = await own();
    rates.push(mine);
    others.push(other);
    ratios.push(mine / other);
  }
  const ratio = median(ratios);
  const held = hasBudget('gateway', what) ? `   ${judge('gateway', what, ratio)}` : '';
  console.log(
    `${what.padEnd(34)} ${ratio.toFixed(2)} ${of} (${Math.round(median(others))}/s), ${Math.round(median(rates))}/s${held}`,
  );
}
