import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Transport } from '../../src/transport/transport.ts';
import { BUSES } from '../helpers/buses.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { inProject } from '../helpers/root.ts';
import { problemOf, raw } from '../http/raw.ts';
import { claims, jwks, keyOf, token } from './issuer.ts';
import { listen, type SeenStream } from './sse.ts';
import { bodyOf, gatewayConfig, startGateway, type TestGateway, TOKEN } from './start.ts';
import { listening, poll, sendTasks, until } from './workers/kit.ts';

// What goes on for long ends when whoever began it may do it no more: its token is gone, or may do less, or its session is over.

noLeaks();

const ALL = '[submit, events, work, observe, metrics]';
const env = { GONE: `${TOKEN}-gone`, STAYS: `${TOKEN}-stays`, NEW: `${TOKEN}-new` };
const key = keyOf('k', 'EdDSA');
const files = { 'keys.json': jwks(key) };
const program = inProject('test', 'gateway', 'sidecar.mjs');

/** A server behind that begins an answer and does not end it, or does not begin it. */
async function trickling(t: TestContext): Promise<{ port: number; open: ServerResponse[] }> {
  const open: ServerResponse[] = [];
  const server = createServer((request, response) => {
    open.push(response);
    if (request.url === '/x') response.write('the first of it');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, open };
}

interface Bench {
  readonly gateway: TestGateway;
  readonly bus: Transport;
  readonly tasks: Record<string, unknown>[];
  readonly behind: ServerResponse[];
  /** Reads these in place of the tokens of before. */
  reload(auth: string): Promise<boolean>;
}

async function bench(t: TestContext, auth: string): Promise<Bench> {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const { port, open } = await trickling(t);
  const textWith = (auth: string): string => `listen: 127.0.0.1:0
console: true
${auth}
workers: {types: {ocr: {}, thumb: {}, waits: {}}}
proxy: [{prefix: /behind, target: "http://127.0.0.1:${port}"}]
subscriptions: {docs: {command: [${process.execPath}, ${program}, alone, "{path}"], allow: "threads/…"}}
`;
  let text = textWith(auth);
  const gateway = await startGateway(t, await connect({ reconnect: true }), text, {
    env: { ...env, PATH: process.env.PATH ?? '' },
    files,
    reload: async () => ({ config: gatewayConfig(text) }),
  });
  const bus = await connect();
  const tasks: Record<string, unknown>[] = [];
  bus.subscribe('heddle.tasks.incoming', ({ data }) => void tasks.push(JSON.parse(Buffer.from(data).toString())));
  await bus.flush();
  return {
    gateway,
    bus,
    tasks,
    behind: open,
    reload: async (auth) => {
      text = textWith(auth);
      return await gateway.reload();
    },
  };
}

/** Tokens by their ids, each with the variable that has its secret, and what it may. */
function tokens(...written: readonly (readonly [string, string, string])[]): string {
  return `auth: {tokens: [${written.map(([id, from, scopes]) => `{id: ${id}, env: ${from}, scopes: ${scopes}}`).join(', ')}]}`;
}

const bearer = (secret: string | undefined): Record<string, string> =>
  secret === undefined ? {} : { authorization: `Bearer ${secret}` };

/** Everything that goes on for long, begun by one caller. */
interface Begun {
  readonly streams: Readonly<Record<string, SeenStream>>;
  readonly connected: Promise<string>;
  readonly polled: Promise<Response>;
  readonly signalled: Promise<Response>;
  readonly waited: Promise<Response>;
  /** The message of the one who waits. */
  readonly task: Record<string, unknown>;
  /** By the server behind, which does not answer yet. */
  readonly forwarded: Promise<Response>;
  readonly relayed: Promise<string>;
  /** A ticket that nobody has used yet. */
  readonly ticket: string;
}

async function begin(
  t: TestContext,
  { gateway, bus, tasks, behind }: Bench,
  secret: string | undefined,
  name: string,
): Promise<Begun> {
  const headers = bearer(secret);
  const ticket = async (): Promise<string> =>
    String((await bodyOf(await gateway.ask('/v1/events/ticket', { method: 'POST', headers }))).ticket);
  const streams: Record<string, SeenStream> = {
    events: await listen(t, `${gateway.url}/v1/events?client_id=${name}`, headers),
    rpc: await listen(t, `${gateway.url}/events`, headers),
    ticket: await listen(t, `${gateway.url}/v1/events?ticket=${await ticket()}`),
    bus: await listen(t, `${gateway.url}/v1/bus/events?subject=heddle.goals.>`, headers),
  };
  for (const [at, { status }] of Object.entries(streams)) assert.equal(status, 200, at);
  const begun = tasks.length;
  const waited = gateway.ask('/v1/tasks', {
    json: { worker_type: 'slow', payload: { of: name } },
    headers: { ...headers, prefer: 'wait=60' },
  });
  await until('the task is on the bus', () => tasks.length > begun);
  const task = tasks.at(-1) ?? assert.fail();
  const one = await listen(t, `${gateway.url}/v1/requests/${task.parent_task_id}/events`, headers);
  assert.equal(one.status, 200);
  const handed = poll(gateway, { task_types: ['waits'], timeout_ms: 20_000 }, { headers });
  await listening(bus, 'waits');
  sendTasks(bus, 'waits', [`w-${name}`]);
  const [item] = await handed;
  const signalled = gateway.ask(`/v1/tasks/${item?.task_id}/resolve`, {
    json: { action: 'wait_signal', name: 'go', timeout_ms: 60_000 },
    headers,
  });
  const connected = await gateway.ask('/v1/workers/connect', {
    json: { worker_id: name, task_types: ['thumb'] },
    headers,
  });
  assert.equal(connected.status, 200);
  const before = behind.length;
  const forwarded = gateway.ask('/behind/late', { headers });
  await until('the server behind has it', () => behind.length > before);
  const relayed = gateway.ask('/behind/x', { headers }).then(async (response) => {
    assert.equal(response.status, 200);
    return await response.text().catch(() => 'cut');
  });
  await until('the server behind answers', () => behind.length > before + 1);
  const polled = gateway.ask('/v1/tasks/poll', { json: { task_types: ['ocr'], timeout_ms: 60_000 }, headers });
  await listening(bus, 'ocr');
  return {
    streams: { ...streams, one },
    connected: connected.text(),
    polled,
    signalled,
    waited,
    task,
    forwarded,
    relayed,
    ticket: await ticket(),
  };
}

/** How all of it ends when the right to it ends, and that nothing of an answer is handed out. */
async function isOver(bench: Bench, begun: Begun, reason: string): Promise<void> {
  const { gateway, bus } = bench;
  for (const [at, stream] of Object.entries(begun.streams)) {
    await stream.ended;
    const last = stream.frames.at(-1);
    const said = at === 'rpc' ? last?.data.params : last?.data;
    assert.deepEqual([at, last?.event, said], [at, 'bye', { reason }]);
  }
  assert.match(await begun.connected, new RegExp(`event: bye\ndata: {"reason":"${reason}"}\n\n$`));
  for (const answer of [begun.polled, begun.signalled, begun.forwarded]) {
    const response = await answer;
    assert.match(response.headers.get('www-authenticate') ?? '', /error="invalid_token"/);
    assert.equal((await problemOf(response)).code, 'unauthenticated');
  }
  const { task } = begun;
  const waited = await begun.waited;
  // It is on the bus, and that is all that is said of it.
  assert.equal(waited.status, 202);
  assert.equal((await bodyOf(waited)).request_id, task.parent_task_id);
  answer(bus, task);
  assert.equal(await begun.relayed, 'cut');
  assert.equal((await gateway.ask(`/v1/events?ticket=${begun.ticket}`)).status, 401, 'nor is a ticket good any more');
}

function answer(bus: Transport, task: Record<string, unknown>): void {
  const { task_id: id, parent_task_id: parent, worker_type: type } = task;
  const result = { task_id: id, parent_task_id: parent, worker_type: type, status: 'completed', output: { secret: 1 } };
  bus.publish(`heddle.results.${parent}`, JSON.stringify({ ...result, processing_time_ms: 1 }));
}

/** It goes on, and each of it comes to its end. */
async function goesOn(bench: Bench, begun: Begun): Promise<void> {
  const { bus, behind } = bench;
  for (const [at, stream] of Object.entries(begun.streams)) assert.deepEqual([at, stream.of('bye')], [at, []]);
  answer(bus, begun.task);
  const waited = await begun.waited;
  assert.deepEqual([waited.status, (await bodyOf(waited)).output], [200, { secret: 1 }]);
  for (const at of ['events', 'rpc', 'ticket', 'one']) {
    await begun.streams[at]?.until(`${at} is told`, () => begun.streams[at]?.of('task/result').length === 1);
  }
  sendTasks(bus, 'ocr', ['for-who-stays']);
  assert.equal(((await (await begun.polled).json()) as unknown[]).length, 1);
  behind.at(-1)?.end(', and the rest');
  behind.at(-2)?.end('late');
  assert.equal(await (await begun.forwarded).text(), 'late');
  assert.equal(await begun.relayed, 'the first of it, and the rest');
}

const said = ({ streams }: Begun) => Object.values(streams).flatMap((stream) => stream.of('bye'));

test('a token that a reload takes away takes with it all that goes on under it, and nothing of another one', async (t) => {
  const before = [
    ['gone', 'GONE', ALL],
    ['stays', 'STAYS', ALL],
  ] as const;
  const on = await bench(t, tokens(...before));
  const { gateway, tasks } = on;
  const gone = await begin(t, on, env.GONE, 'gone');
  const watched = await gateway.ask('/api/subscriptions/docs', {
    json: { path: 'threads/live', client_id: 'gone' },
    headers: bearer(env.GONE),
  });
  assert.equal(watched.status, 200);
  const slow = await raw(t, Number(new URL(gateway.url).port));
  const body = '{"worker_type":"late","payload":{}}';
  const head = ['host: x', `authorization: Bearer ${env.GONE}`, 'content-type: application/json'];
  slow.send('POST /v1/tasks HTTP/1.1', ...head, `content-length: ${body.length}`, '', '');
  slow.socket.write(body.slice(0, 10));
  const stays = await begin(t, on, env.STAYS, 'stays');
  let going = true;
  const statuses: number[] = [];
  const traffic = Array.from({ length: 4 }, async () => {
    while (going) {
      const json = { worker_type: 'quick', payload: {} };
      statuses.push((await gateway.ask('/v1/tasks', { json, headers: bearer(env.STAYS) })).status);
    }
  });
  assert.equal(await on.reload(tokens(...before)), true);
  assert.equal(await on.reload(tokens(['gone', 'NOT_SET', ALL])), false);
  assert.deepEqual([said(gone), said(stays)], [[], []], 'nothing was taken away');
  assert.equal(await on.reload(tokens(['stays', 'STAYS', ALL])), true);
  await isOver(on, gone, 'unauthenticated');
  assert.equal(gone.streams.events?.of('task/result').length, 0);
  slow.socket.write(body.slice(10));
  await slow.seen(/HTTP\/1\.1 401 [\s\S]*"code":"unauthenticated"/);
  const passed = statuses.length;
  await until('more requests passed', () => statuses.length > passed + 10);
  going = false;
  await Promise.all(traffic);
  assert.deepEqual(new Set(statuses), new Set([202]));
  assert.ok(tasks.every(({ worker_type: type }) => type !== 'late'));
  await until('the watch is over', async () =>
    /^heddle_gateway_subscriptions 0$/m.test(
      await (await gateway.ask('/metrics', { headers: bearer(env.STAYS) })).text(),
    ),
  );
  await goesOn(on, stays);
});

test('another secret under the same id is another token; who needed none is asked for one', async (t) => {
  const on = await bench(t, tokens(['a', 'GONE', ALL]));
  const old = await begin(t, on, env.GONE, 'a');
  assert.equal(await on.reload(tokens(['a', 'NEW', ALL])), true);
  await isOver(on, old, 'unauthenticated');
  const { task } = old;
  const kept = await on.gateway.ask(`/v1/requests/${task.parent_task_id}`, { headers: bearer(env.NEW) });
  assert.equal(kept.status, 200, 'what was sent belongs to the id');
  assert.equal(await on.reload(''), true);
  const anybody = await begin(t, on, undefined, 'b');
  assert.equal(await on.reload(tokens(['a', 'NEW', ALL])), true);
  await isOver(on, anybody, 'unauthenticated');
});

test('a token that may do less loses what needs that, and goes on with the rest', async (t) => {
  const on = await bench(
    t,
    tokens(['a', 'STAYS', '[submit, events, work, observe, admin]'], ['b', 'GONE', '[submit]']),
  );
  const { gateway, bus, tasks } = on;
  const headers = bearer(env.STAYS);
  await gateway.ask('/v1/tasks', { json: { worker_type: 'slow', payload: {} }, headers: bearer(env.GONE) });
  const events = await listen(t, `${gateway.url}/v1/events`, headers);
  const passing = await listen(t, `${gateway.url}/v1/bus/events?subject=heddle.goals.>`, headers);
  const others = await listen(t, `${gateway.url}/v1/requests/${tasks[0]?.parent_task_id}/events`, headers);
  const polled = (type: string) =>
    gateway.ask('/v1/tasks/poll', { json: { task_types: [type], timeout_ms: 60_000 }, headers });
  const [ocr, thumb] = [polled('ocr'), polled('thumb')];
  await Promise.all([listening(bus, 'ocr'), listening(bus, 'thumb')]);
  assert.equal(
    await on.reload(tokens(['a', 'STAYS', '[submit, events, "work:ocr"]'], ['b', 'GONE', '[submit]'])),
    true,
  );
  for (const stream of [passing, others]) {
    await stream.ended;
    assert.deepEqual([stream.frames.at(-1)?.event, stream.frames.at(-1)?.data], ['bye', { reason: 'forbidden' }]);
  }
  const refused = await thumb;
  assert.match(refused.headers.get('www-authenticate') ?? '', /insufficient_scope", scope="work:thumb"/);
  assert.equal((await problemOf(refused)).code, 'forbidden');
  await gateway.ask('/v1/tasks', { json: { worker_type: 'slow', payload: {} }, headers });
  answer(bus, tasks.at(-1) ?? assert.fail());
  await events.until('it is told', () => events.of('task/result').length === 1);
  sendTasks(bus, 'ocr', ['one']);
  assert.equal(((await (await ocr).json()) as unknown[]).length, 1);
});

test('a session that may do less loses what needs that; logged out, it ends all that goes on under it', async (t) => {
  const oidc = `oidc: {issuer: "https://id.example.com/", audience: spa, jwks: "file:keys.json", scopes: ${ALL}}`;
  const on = await bench(t, `auth: {${oidc}}`);
  const { gateway } = on;
  const login = await gateway.ask('/api/auth/login', { json: { id_token: token(key, claims(Date.now())) } });
  const session = String((await bodyOf(login)).session_token);
  const begun = await begin(t, on, session, 'page');
  assert.equal(await on.reload(`auth: {${oidc}}`), true);
  assert.deepEqual(said(begun), []);
  assert.equal(await on.reload(`auth: {${oidc.replace(', observe', '')}}`), true);
  const { bus, ...others } = begun.streams;
  await bus?.ended;
  assert.deepEqual(bus?.frames.at(-1)?.data, { reason: 'forbidden' });
  assert.equal((await gateway.ask('/v1/bus', { headers: bearer(session) })).status, 403);
  assert.deepEqual(said({ ...begun, streams: others }), []);
  await gateway.ask('/api/auth/logout', { method: 'POST', headers: bearer(session) });
  await isOver(on, { ...begun, streams: others }, 'session_over');
});
