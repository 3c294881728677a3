import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { jsonReply, type Route, route } from '../src/http/route.ts';
import { serve } from '../src/http/serve.ts';
import { judge } from './budget.ts';
import type { HttpLoadCommand, HttpLoadReport } from './http-load.ts';
import { median } from './median.ts';

// A JSON route against an empty server of node:http that gives the same answer: same load, same run. And what a client costs
// that listens to a stream on which nothing happens.

const CLIENTS = 32;
const ROUND_MS = 400;
const ROUNDS = 15;
const LISTENERS = 1_000;

const load: ChildProcess = fork(fileURLToPath(new URL('http-load.js', import.meta.url)));
await once(load, 'message');

async function ask(command: HttpLoadCommand): Promise<HttpLoadReport> {
  load.send(command);
  const [report] = (await once(load, 'message')) as [HttpLoadReport];
  return report;
}

const OK = { description: 'done' };
const routes: readonly Route[] = [
  route({ method: 'GET', path: '/v1/state', responses: { 200: OK }, run: () => jsonReply(200, { ok: true }) }),
  route({
    method: 'GET',
    path: '/v1/requests/{id}',
    responses: { 200: OK },
    run: ({ params }) => jsonReply(200, { id: params.id }),
  }),
  route({
    method: 'POST',
    path: '/v1/tasks',
    request: {},
    responses: { 202: OK },
    run: async (context) => {
      const { value } = await context.json();
      return jsonReply(202, { accepted: typeof value === 'object' });
    },
  }),
  route({ method: 'GET', path: '/v1/events', responses: { 200: OK }, run: (context) => context.events() }),
];
const ours = await serve({ host: '127.0.0.1', port: 0, onAccess: () => {}, onError: console.error }, routes);

const bare = createServer((request, response) => {
  const end = (status: number, value: unknown): void => {
    const body = JSON.stringify(value);
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  };
  if (request.method === 'GET') return end(200, request.url === '/v1/state' ? { ok: true } : { id: 'r-1' });
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    end(202, { accepted: typeof (JSON.parse(Buffer.concat(parts).toString()) as unknown) === 'object' });
  });
});
bare.listen(0, '127.0.0.1');
await once(bare, 'listening');
const barePort = (bare.address() as AddressInfo).port;

const BODY = JSON.stringify({ worker_type: 'echo', payload: { text: 'the quick brown fox', n: [1, 2, 3] } });
const HEAD = 'host: 127.0.0.1\r\naccept: application/json\r\n';
const CASES: readonly (readonly [name: string, request: string])[] = [
  ['GET a JSON route', `GET /v1/state HTTP/1.1\r\n${HEAD}\r\n`],
  ['GET with a parameter', `GET /v1/requests/r-1 HTTP/1.1\r\n${HEAD}\r\n`],
  [
    'POST of JSON',
    `POST /v1/tasks HTTP/1.1\r\n${HEAD}content-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`,
  ],
];
for (const [name, request] of CASES) {
  const rate = async (port: number): Promise<number> => {
    const { answers, ms } = await ask({ kind: 'ask', port, request, clients: CLIENTS, ms: ROUND_MS });
    return (answers / ms) * 1000;
  };
  await rate(barePort);
  await rate(ours.port);
  const ratios: number[] = [];
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const other = await rate(barePort);
    const own = await rate(ours.port);
    rates.push(own);
    ratios.push(own / other);
  }
  const ratio = median(ratios);
  console.log(
    `${name.padEnd(24)} ${ratio.toFixed(2)} x node:http, ${Math.round(median(rates))}/s   ${judge('http', name, ratio)}`,
  );
}

const settled = async (): Promise<number> => {
  for (let at = 0; at < 5; at += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
};
const listen = `GET /v1/events HTTP/1.1\r\n${HEAD}\r\n`;
// What is loaded once is no client's.
await ask({ kind: 'hold', port: ours.port, request: listen, clients: 50 });
await ask({ kind: 'release' });
const before = await settled();
await ask({ kind: 'hold', port: ours.port, request: listen, clients: LISTENERS });
const kib = ((await settled()) - before) / LISTENERS / 1024;
if (ours.counts().streams !== LISTENERS) throw new Error(`${ours.counts().streams} streams are open`);
console.log(
  `${`${LISTENERS} idle event streams`.padEnd(24)} ${kib.toFixed(1)} KiB each   ${judge('http', 'an idle event stream', kib)}`,
);
await ask({ kind: 'release' });
await ours.drain(0);
bare.close();
bare.closeAllConnections();
load.kill();
