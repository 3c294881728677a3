import { type ChildProcess, fork } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect as dial } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Kvm } from '@nats-io/kv';
import { connect as connectOfficial } from 'nats';
import { readText } from '../src/config/document.ts';
import { readGatewayConfig } from '../src/config/views/gateway-config/read.ts';
import { Submitter } from '../src/delivery/submitter.ts';
import { runGateway } from '../src/gateway/run.ts';
import { NO_RULES } from '../src/router/rules.ts';
import { runRouter } from '../src/router/run.ts';
import { prepareTask } from '../src/submit/task-draft.ts';
import { connect } from '../src/transport/nats.ts';
import { echo } from '../src/worker/in-process.ts';
import { serveTasks } from '../src/worker/run.ts';
import { findNatsServer, startNatsServer } from '../test/helpers/nats-server.ts';
import { hasBudget, judge } from './budget.ts';
import { answerOf, end, type Serving, serving, startServing } from './child.ts';
import type { HttpLoadCommand, HttpLoadReport } from './http-load.ts';
import { median } from './median.ts';

// What a gateway adds: to an empty server of node:http that takes the same JSON, to the key-value store of the bus, and to the
// exchange of a task and its answer by the client alone. All in one run, each beside its peer, each server in a process of its own,
// which says what time of a processor a request took: four processes have two cores here, and an empty server shares them with nobody.

/** Stands in a request where each has a number of its own. */
const NUMBER = '########';
/** All rounds together must fit into the store of a gateway: one that is full refuses, and that is not what is measured. */
const ROUND_MS = 300;
const ROUNDS = 9;
const CLIENTS = 64;
const SECRET = 'a-secret-of-the-benchmark';
const BODY = JSON.stringify({ worker_type: 'nobody', payload: { text: 'the quick brown fox', n: [1, 2, 3] } });

type Role = '--listener' | '--actors' | '--bare' | '--gateway';

const [role, ...given] = process.argv.slice(2) as [Role | undefined, ...string[]];
if (role === '--listener') await listenCheaply(given[0] ?? '');
else if (role === '--actors') await act(given[0] ?? '');
else if (role === '--bare') await serveBare();
else if (role === '--gateway') await serveGateway(given[0] ?? '', given[1] ?? '');
else await bench();

/** Hears every task, and costs the machine nothing more: what listens is not what is measured. */
async function listenCheaply(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = dial(Number(port), hostname);
  socket.write(
    'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\nSUB heddle.tasks.incoming router 1\r\nPING\r\n',
  );
  let heard = '';
  while (!heard.includes('PONG')) heard += String((await once(socket, 'data'))[0]);
  socket.on('data', () => {});
  process.send?.('ready');
}

/** Whoever works, in a process of its own, as everywhere else. */
async function act(url: string): Promise<void> {
  const bus = await connect({ servers: [url], reconnect: true });
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
}

async function serveBare(): Promise<void> {
  const server = createServer((request, response) => {
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
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  serving(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

async function serveGateway(url: string, text: string): Promise<void> {
  const bus = await connect({ servers: [url], reconnect: true });
  const read = readGatewayConfig(readText('', `kind: gateway\nname: bench\nlisten: 127.0.0.1:0\n${text}`));
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const secrets = { env: { SECRET }, read: () => '' };
  serving((await runGateway(bus, { config: read.value, secrets, version: '0.0.0', log: () => {} })).url);
}

async function bench(): Promise<void> {
  if (findNatsServer() === undefined) return console.log('no nats-server on this machine');
  const server = await startNatsServer({ config: 'jetstream { store_dir: "FOLDER/js" }' });
  const here = fileURLToPath(import.meta.url);
  const ready = async (module: string, ...args: readonly string[]): Promise<ChildProcess> => {
    const forked = fork(module, args);
    await once(forked, 'message');
    return forked;
  };
  const listener = await ready(here, '--listener', server.url);
  const load = await ready(fileURLToPath(new URL('http-load.js', import.meta.url)));
  const bare = await startServing(import.meta.url, '--bare');
  const bus = await connect({ servers: [server.url], reconnect: true });
  const ask = async (to: Serving, request: string, clients: number): Promise<Round> => {
    const before = await answerOf<number>(to, 'processor');
    const port = Number(new URL(to.url).port);
    const number = request.includes(NUMBER) ? NUMBER : '';
    load.send({ kind: 'ask', port, request, number, clients, ms: ROUND_MS } satisfies HttpLoadCommand);
    const { answers, ms } = await reportOf(load);
    return { rate: (answers / ms) * 1000, us: ((await answerOf<number>(to, 'processor')) - before) / answers };
  };

  /** The least that could be written by hand, with each of the clients. */
  const besideByHand = async (
    kind: string,
    of: string,
    other: () => Promise<Round>,
    request: string,
  ): Promise<void> => {
    for (const client of ['official', 'ours']) {
      const hand = await startServing(new URL('by-hand.js', import.meta.url).href, server.url, kind, SECRET, client);
      const own = () => ask(hand, request, CLIENTS);
      await beside(`by hand, ${client === 'ours' ? 'our client' : 'the official client'}`, of, [other, own]);
      await end(hand.process);
    }
  };

  const plain = post('/v1/tasks', BODY);
  const memory = await startServing(import.meta.url, '--gateway', server.url, 'store: {kind: memory, ttl_s: 60}\n');
  await beside('POST /v1/tasks, memory', 'x node:http', [
    () => ask(bare, plain, CLIENTS),
    () => ask(memory, plain, CLIENTS),
  ]);
  await end(memory.process);
  await besideByHand('memory', 'x node:http', () => ask(bare, plain, CLIENTS), plain);

  const hook =
    '{verify: {scheme: github, secrets: [{env: SECRET}]}, to: task, worker_type: nobody, dedupe: {key: "header:x-github-delivery", ttl_s: 60}}';
  const hooks = await startServing(
    import.meta.url,
    '--gateway',
    server.url,
    `store: {kind: memory, ttl_s: 60}\nwebhooks: {w: ${hook}}\n`,
  );
  const signature = createHmac('sha256', SECRET).update(BODY).digest('hex');
  // Each delivery is new.
  const delivery = post(
    '/webhooks/w',
    BODY,
    `x-hub-signature-256: sha256=${signature}\r\nx-github-delivery: ${NUMBER}\r\n`,
  );
  await beside('webhook: verify, dedupe, publish', 'x node:http', [
    () => ask(bare, delivery, CLIENTS),
    () => ask(hooks, delivery, CLIENTS),
  ]);
  await end(hooks.process);
  await besideByHand('webhook', 'x node:http', () => ask(bare, delivery, CLIENTS), delivery);

  // What the server's key-value store takes is said by the client that everybody has; ours makes less around each put.
  const official = await connectOfficial({ servers: server.url });
  const theirs = await new Kvm(official).create('bench', { ttl: 60_000 });
  let puts = 0;
  const value = Buffer.alloc(400, 'x');
  const putting = async (): Promise<Round> => {
    const begun = performance.now();
    const before = process.cpuUsage();
    const first = puts;
    await Promise.all(
      Array.from({ length: 2_000 }, async () => {
        while (performance.now() - begun < ROUND_MS) await theirs.put(`req.${puts++}`, value);
      }),
    );
    const { user, system } = process.cpuUsage(before);
    const made = puts - first;
    return { rate: (made / (performance.now() - begun)) * 1000, us: (user + system) / made };
  };
  const kept = await startServing(import.meta.url, '--gateway', server.url, 'store: {kind: required, ttl_s: 60}\n');
  await beside('POST /v1/tasks, JetStream', 'x puts of the official client', [
    putting,
    () => ask(kept, plain, CLIENTS),
  ]);
  await besideByHand('jetstream', 'x puts of the official client', putting, plain);
  await official.close();

  await end(listener);
  const actors = await ready(here, '--actors', server.url);
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
  await bus.close();
  await end(load, actors, bare.process, kept.process);
  await server.stop();
}

/** Throws where it ended instead: it met an answer that is none. */
async function reportOf(load: ChildProcess): Promise<HttpLoadReport> {
  const over = new AbortController();
  const ended = once(load, 'close', { signal: over.signal }).then(() => {
    throw new Error('the load ended: what it said stands above');
  });
  try {
    const [report] = (await Promise.race([once(load, 'message', { signal: over.signal }), ended])) as [HttpLoadReport];
    return report;
  } finally {
    over.abort();
    ended.catch(() => {});
  }
}

function post(path: string, text: string, more = ''): string {
  return `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n${more}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

/** What was done in a second, and what time of a processor one took of who did it. */
interface Round {
  readonly rate: number;
  readonly us: number;
}

async function beside(
  what: string,
  of: string,
  [peer, own]: readonly [() => Promise<Round>, () => Promise<Round>],
): Promise<void> {
  await peer();
  await own();
  const rounds: { other: Round; mine: Round }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push({ other: await peer(), mine: await own() });
  const middle = (get: (round: { other: Round; mine: Round }) => number): number => median(rounds.map(get));
  const ratio = middle(({ other, mine }) => mine.rate / other.rate);
  const held = hasBudget('gateway', what) ? `   ${judge('gateway', what, ratio)}` : '';
  const rate = (which: 'other' | 'mine') => `${Math.round(middle((each) => each[which].rate))}/s`;
  const us = (which: 'other' | 'mine') => `${middle((each) => each[which].us).toFixed(0)} us`;
  console.log(`${what.padEnd(34)} ${ratio.toFixed(2)} ${of} (${rate('other')}), ${rate('mine')}${held}`);
  console.log(`${''.padEnd(34)} processor ${us('mine')} each, the other ${us('other')}`);
}
