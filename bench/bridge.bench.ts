import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { readText } from '../src/config/document.ts';
import { readGatewayConfig } from '../src/config/views/gateway-config/read.ts';
import { runGateway } from '../src/gateway/run.ts';
import { connect } from '../src/transport/nats.ts';
import type { Transport } from '../src/transport/transport.ts';
import { listening, until } from '../test/gateway/workers/kit.ts';
import { findNatsServer, startNatsServer } from '../test/helpers/nats-server.ts';
import type { BridgeLoadCommand, BridgeLoadReport } from './bridge-load.ts';
import { judge } from './budget.ts';
import { answerOf, end, type Serving, startServing } from './child.ts';
import { median } from './median.ts';

// What it costs to hand tasks to workers over HTTP and to take their answers: 20 workers, one task a poll, beside an empty server of
// node:http that gives the same item and the same word for each answer. Each server is a process of its own, and says what time of a
// processor it took: on a machine with little to spare that is truer than the rate.
// Judged is the load of workers that ask by fetch, as the figure to reach was taken: there the client has most of the work. Workers of
// bare sockets cost next to nothing themselves, so that all is spent on the two servers: that says what a task costs the gateway, and is
// no load that anybody has.
// And what one costs that only waits: in a gateway that has done nothing yet, because one that has worked has room on its heap, in
// which thousands of polls are not to be seen. Judged is the larger of what the process grew by and what is in use in it.

const WORKERS = 20;
/** In each round. */
const TASKS = 2_000;
const ROUNDS = 5;
const WAITING = 5_000;
/** As many wait in a gateway of `core` at most. */
const AHEAD = 400;
const CONFIG = `kind: gateway
name: bench
listen: 127.0.0.1:0
limits: {connections: 6000, sse_clients: 6000}
store: {kind: required}
workers: {polls: 6000, types: {echo: {mode: MODE, tiers: [standard], buffer: 500}, idle: {}}}
`;

type Asked = 'collected' | 'as it is';

interface Used {
  readonly cpuUs: number;
  readonly rss: number;
  /** On the heap and beside it. */
  readonly held: number;
}

const usedBy = (serving: Serving, when: Asked) => answerOf<Used>(serving, when);

let sent = 0;

if (process.argv[2] === '--gateway') {
  const bus = await connect({ servers: [process.argv[3] ?? ''], reconnect: true });
  const read = readGatewayConfig(readText('', CONFIG.replace('MODE', process.argv[4] ?? '')));
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const secrets = { env: {}, read: () => '' };
  serving((await runGateway(bus, { config: read.value, secrets, version: '0.0.0', log: () => {} })).url);
} else if (process.argv[2] === '--bare') {
  const item = JSON.stringify([itemLike(process.argv[3] ?? '')]);
  const told = JSON.stringify({ task_id: 'x'.repeat(12), status: 'completed', duplicate: false });
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      JSON.parse(Buffer.concat(parts).toString());
      const body = request.url === '/v1/tasks/poll' ? item : told;
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
        .end(body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  serving(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
} else await bench();

/** What a gateway hands out for one of our tasks. */
function itemLike(payload: string): unknown {
  const id = 't-000000-000';
  const at = new Date(0).toISOString();
  return {
    ...{ task_id: id, lease_id: `12345678.${'x'.repeat(36)}`, heddle_task_id: id, worker_type: 'echo' },
    ...{ model_tier: 'standard', parent_task_id: `p-${id}`, request_id: null, run_id: `p-${id}`, step_id: id },
    ...{ iteration: 0, attempt: 1, lease_expires_at: at, lease_ms: 300_000 },
    ...{ payload: JSON.parse(payload), input: JSON.parse(payload), metadata: { model_tier: 'standard' } },
  };
}

function serving(url: string): void {
  process.on('message', (asked: Asked) => {
    // Twice: what the first one ended, the second one finds.
    if (asked === 'collected') for (const _ of [1, 2]) globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed, external } = process.memoryUsage();
    process.send?.({ cpuUs: user + system, rss, held: heapUsed + external } satisfies Used);
  });
  process.send?.(url);
}

async function bench(): Promise<void> {
  if (findNatsServer() === undefined) return console.log('no nats-server on this machine');
  const server = await startNatsServer({ config: 'jetstream { store_dir: "FOLDER/js" }' });
  const load = fork(fileURLToPath(new URL('bridge-load.js', import.meta.url)));
  await once(load, 'message');
  const ask = async (command: BridgeLoadCommand): Promise<BridgeLoadReport> => {
    load.send(command);
    const [report] = (await once(load, 'message')) as [BridgeLoadReport];
    return report;
  };
  const bus = await connect({ servers: [server.url] });
  const payload = { text: 'the quick brown fox', n: [1, 2, 3] };
  const bare = await startServing(import.meta.url, '--bare', JSON.stringify(payload));
  for (const mode of ['core', 'durable'] as const) {
    const gateway = await startServing(import.meta.url, '--gateway', server.url, mode);
    const feed = mode === 'core' ? feedCore(bus, payload) : feedStream(bus, payload);
    for (const client of ['fetch', 'socket'] as const) {
      const round = async (serving: Serving, from?: Feed): Promise<BridgeLoadReport & { cpuUs: number }> => {
        const before = await usedBy(serving, 'as it is');
        if (mode === 'durable') await from?.begin();
        const working = ask({ kind: 'work', url: serving.url, workers: WORKERS, tasks: TASKS, client });
        if (mode === 'core') await from?.begin();
        const report = await working;
        return { ...report, cpuUs: ((await usedBy(serving, 'as it is')).cpuUs - before.cpuUs) / TASKS };
      };
      const rounds: { other: Awaited<ReturnType<typeof round>>; own: Awaited<ReturnType<typeof round>> }[] = [];
      for (let at = 0; at <= ROUNDS; at += 1) {
        const other = await round(bare);
        const own = await round(gateway, feed);
        // The first one is for the compiler.
        if (at > 0) rounds.push({ other, own });
      }
      const ratio = median(rounds.map(({ own, other }) => other.ms / own.ms));
      const rate = Math.round(TASKS / (median(rounds.map(({ own }) => own.ms)) / 1000));
      const cpu = (which: 'own' | 'other') => median(rounds.map((each) => each[which].cpuUs)).toFixed(0);
      const p50 = (what: 'poll' | 'resolve') => median(rounds.map(({ own }) => own[what])).toFixed(2);
      const verdict =
        client === 'fetch' ? judge('bridge', mode, ratio) : '(what the servers alone cost; no budget is set for it)';
      console.log(`${`${mode}, ${client}`.padEnd(34)} ${ratio.toFixed(2)} x node:http, ${rate} tasks/s   ${verdict}`);
      console.log(
        `${''.padEnd(34)} p50 poll ${p50('poll')} ms, resolve ${p50('resolve')} ms; processor ${cpu('own')} us a task, node:http ${cpu('other')} us`,
      );
    }
    feed.close();
    await end(gateway.process);
  }
  const body = JSON.stringify({ task_types: ['idle'], timeout_ms: 60_000 });
  const connecting = JSON.stringify({ worker_id: 'WORKER', task_types: ['idle'] });
  for (const [what, gauge, path, text] of [
    ['an open poll', 'polls', '/v1/tasks/poll', body],
    ['a stream of connect', 'connections', '/v1/workers/connect', connecting],
  ] as const) {
    const gateway = await startServing(import.meta.url, '--gateway', server.url, 'core');
    await waiting(gateway, ask, what, gauge, { path, body: text });
    await end(gateway.process);
  }
  await end(bare.process, load);
  await bus.close();
  await server.stop();
}

interface Feed {
  begin(): Promise<void>;
  close(): void;
}

function send(bus: Transport, payload: object): void {
  sent += 1;
  const id = `t-${String(sent).padStart(10, '0')}`;
  const task = { task_id: id, parent_task_id: `p-${id}`, worker_type: 'echo', payload, model_tier: 'standard' };
  bus.publish('heddle.tasks.echo.standard', JSON.stringify(task));
}

/** While workers ask: what is sent where nobody does is lost. A new task for each answer, so that as many wait all the time. */
function feedCore(bus: Transport, payload: object): Feed {
  const answers = bus.subscribe('heddle.results.>', () => send(bus, payload));
  let begun = false;
  return {
    begin: async () => {
      if (begun) return;
      begun = true;
      await listening(bus, 'echo');
      for (let at = 0; at < AHEAD; at += 1) send(bus, payload);
    },
    close: () => answers.unsubscribe(),
  };
}

/** All beforehand: a stream keeps them. */
function feedStream(bus: Transport, payload: object): Feed {
  return {
    begin: async () => {
      for (let at = 0; at < TASKS; at += 1) send(bus, payload);
      await bus.flush();
    },
    close: () => {},
  };
}

/** What each of many requests costs that stay open. */
async function waiting(
  gateway: Serving,
  ask: (command: BridgeLoadCommand) => Promise<BridgeLoadReport>,
  what: string,
  gauge: 'polls' | 'connections',
  { path, body }: { readonly path: string; readonly body: string },
): Promise<void> {
  const open = async (count: number): Promise<void> => {
    await ask({ kind: 'hold', url: gateway.url, path, body, count });
    opened += count;
    await until(`${opened} wait`, async () => (await here()) >= opened);
  };
  let opened = 0;
  const here = async (): Promise<number> => {
    const response = await fetch(`${gateway.url}/v1/workers`);
    return ((await response.json()) as { here: Record<typeof gauge, number> }).here[gauge];
  };
  // What a process makes once, whoever comes.
  await open(100);
  const before = await usedBy(gateway, 'collected');
  await open(WAITING);
  const after = await usedBy(gateway, 'collected');
  const [grown, held] = (['rss', 'held'] as const).map((which) => (after[which] - before[which]) / WAITING / 1024);
  const kib = Math.max(grown ?? 0, held ?? 0);
  console.log(
    `${`${WAITING} times ${what}`.padEnd(34)} ${grown?.toFixed(1)} KiB each, ${held?.toFixed(1)} in use   ${judge('bridge', 'one that waits', kib)}`,
  );
  await ask({ kind: 'release' });
  await until('they are gone', async () => (await here()) === 0);
}
