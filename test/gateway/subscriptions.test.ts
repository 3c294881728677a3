import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { readPathRule, ruleAllows } from '../../src/config/views/gateway-config/path-rule.ts';
import { createFakeClock, type FakeClock } from '../../src/time/fake-clock.ts';
import { BUSES } from '../helpers/buses.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { inProject } from '../helpers/root.ts';
import { problemOf, until } from '../http/raw.ts';
import { keepingBus } from './bus.ts';
import { listen, type SeenStream } from './sse.ts';
import { bodyOf, startGateway, type TestGateway, TOKEN } from './start.ts';

noLeaks();

const skip = skipWithoutNatsServer();
const OTHER = 'a-token-of-somebody-else-entirely';
const program = inProject('test', 'gateway', 'sidecar.mjs');
const TEXT = `auth: {open_metrics: true, tokens: [{id: ada, env: T, scopes: [submit, events]}, {id: bob, env: O, scopes: [submit, events]}]}
subscriptions:
  docs: {command: [${process.execPath}, ${program}, alone, "{path}"], allow: "threads/{user}/…", silent_s: 60, per_caller: 4, restart: {max: 2}}
  shared: {command: [${process.execPath}, ${program}, shared], allow: ["threads/{user}/…", "public/*"]}
  none: {command: [/no/such/program, "{path}"], allow: "threads/{user}/…"}
`;
const env = { T: TOKEN, O: OTHER, SECRET_OF_OURS: 'nobody else may have it', PATH: process.env.PATH ?? '' };
const own = { authorization: `Bearer ${TOKEN}` };
const other = { authorization: `Bearer ${OTHER}` };

const watch = (gateway: TestGateway, kind: string, json: object, headers: Record<string, string> = own) =>
  gateway.ask(`/api/subscriptions/${kind}`, { json, headers });
const ended = (gateway: TestGateway, id: unknown, headers: Record<string, string> = own) =>
  gateway.ask(`/api/subscriptions/${id}`, { method: 'DELETE', headers });
const states = (stream: SeenStream) => stream.of('subscription/state').map(({ data }) => data.state);
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function open(t: TestContext, clock?: FakeClock): Promise<{ gateway: TestGateway; stream: SeenStream }> {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const gateway = await startGateway(t, await connect(), TEXT, { env, ...(clock && { clock }) });
  const stream = await listen(t, `${gateway.url}/v1/events?client_id=c`, own);
  await stream.until('it is greeted', (frames) => frames.length === 2);
  return { gateway, stream };
}

test('rules for paths are compared, segment by segment', () => {
  const allows = (rule: string, path: string): boolean =>
    ruleAllows(readPathRule(rule) ?? assert.fail(rule), path.split('/'), 'ada');
  assert.ok(allows('threads/{user}/…', 'threads/ada/x') && allows('threads/{user}/…', 'threads/ada/x/y'));
  for (const path of [
    'threads/ada',
    'threads/bob/x',
    'threads/adam/x',
    'threads/{user}/x',
    'x/ada/x',
    'threads/x/ada/x',
  ])
    assert.ok(!allows('threads/{user}/…', path), path);
  assert.ok(allows('a/*/b', 'a/anything/b') && !allows('a/*/b', 'a/x/y/b') && !allows('a/*', 'a/b/c'));
  for (const bad of ['', '…', 'a//b', 'a/…/b', 'a/{users}', '../a']) assert.equal(readPathRule(bad), undefined, bad);
});

for (const kind of ['docs', 'shared']) {
  test(`${kind}: what is watched is told, to who may watch it, until it is ended`, async (t) => {
    const { gateway, stream } = await open(t);
    const begun = await watch(gateway, kind, { path: 'threads/ada/live', scope: 'owner', client_id: 'c' });
    const { subscription_id: id, client_id: client } = await bodyOf(begun);
    assert.deepEqual([begun.status, client], [200, 'c']);
    await stream.until('it is told', () => stream.of('subscription/event').length >= 5);
    const events = stream.of('subscription/event');
    assert.deepEqual(
      events.slice(0, 5).map(({ data }) => (data.data as { n: number }).n),
      [0, 1, 2, 3, 4],
    );
    const { doc_id: doc, op, subscription_id: about } = events[0]?.data ?? {};
    assert.deepEqual([doc, op, about], ['0', 'added', id]);
    assert.equal((await ended(gateway, id, other)).status, 403);
    assert.equal((await ended(gateway, id)).status, 204);
    const count = stream.of('subscription/event').length;
    const marker = await watch(gateway, kind, { path: 'threads/ada/once', client_id: 'c' });
    const { subscription_id: second } = await bodyOf(marker);
    await stream.until('the next one is told', () =>
      stream.of('subscription/event').some(({ data }) => data.subscription_id === second),
    );
    assert.equal(stream.of('subscription/event').filter(({ data }) => data.subscription_id === id).length, count);
    assert.equal((await ended(gateway, id)).status, 404);
  });
}

test('who may not, and what is no path', async (t) => {
  const { gateway } = await open(t);
  const codes = async (response: Response) => [response.status, (await problemOf(response)).code];
  for (const path of ['threads/bob/x', 'threads/ada', 'other/ada/x', 'threads/Ada/x']) {
    assert.deepEqual(await codes(await watch(gateway, 'docs', { path })), [403, 'forbidden'], path);
  }
  for (const path of [
    'threads/ada/../bob/x',
    '/threads/ada/x',
    'threads//ada',
    '--config/ada/x',
    'threads/ada/a\nb',
    '',
  ])
    assert.deepEqual(await codes(await watch(gateway, 'docs', { path })), [400, 'bad_request'], path);
  assert.deepEqual(await codes(await watch(gateway, 'nothing', { path: 'threads/ada/x' })), [
    404,
    'unknown_subscription',
  ]);
  assert.deepEqual(await codes(await watch(gateway, 'docs', { path: 7 })), [422, 'invalid_message']);
  assert.deepEqual(await codes(await watch(gateway, 'docs', { path: 'threads/bob/x', client_id: 'c' }, other)), [
    403,
    'forbidden',
  ]);
  assert.deepEqual(await codes(await watch(gateway, 'none', { path: 'threads/ada/x' })), [502, 'subscription_failed']);
  const all = await Promise.all(
    [1, 2, 3, 4].map((n) => watch(gateway, 'docs', { path: `threads/ada/${n}`, client_id: 'c' })),
  );
  assert.ok(all.every(({ status }) => status === 200));
  assert.deepEqual(await codes(await watch(gateway, 'docs', { path: 'threads/ada/5' })), [429, 'too_many_requests']);
});

test('a bad line, a flood, a death and a program that holds on: the client is told, and nothing is left', async (t) => {
  const { gateway, stream } = await open(t);
  const begin = async (path: string, kind = 'docs') =>
    (await bodyOf(await watch(gateway, kind, { path: `threads/ada/${path}`, client_id: 'c' }))).subscription_id;
  const of = (id: unknown) =>
    stream.frames.filter(({ event, data }) => event.startsWith('subscription/') && data.subscription_id === id);
  const bad = await begin('bad');
  await stream.until('both are told', () => of(bad).filter(({ event }) => event.endsWith('event')).length === 2);
  assert.deepEqual(
    of(bad).flatMap(({ event, data }) => (event.endsWith('state') ? [data.state] : [data.op])),
    ['watching', 'added', 'bad_line', 'removed'],
  );
  await ended(gateway, bad);
  const flood = await begin('flood');
  await stream.until('it is told that some were dropped', () => of(flood).some(({ data }) => data.state === 'dropped'));
  const dropped = of(flood).reduce((sum, { data }) => sum + Number(data.dropped ?? 0), 0);
  assert.ok(dropped > 0);
  await ended(gateway, flood);
  const dying = await begin('die');
  await stream.until(
    'it is started again, and again',
    () => of(dying).filter(({ data }) => data.state === 'restarting').length >= 1,
  );
  await ended(gateway, dying);
  const holding = await begin('grandchild');
  await stream.until('it is told', () => of(holding).some(({ event }) => event.endsWith('event')));
  const pids = of(holding).find(({ event }) => event.endsWith('event'))?.data.data as {
    pid: number;
    grandchild: number;
  };
  assert.ok(isAlive(pids.pid) && isAlive(pids.grandchild));
  const shown = await begin('env', 'shared');
  await stream.until('it is told', () => of(shown).some(({ event }) => event.endsWith('event')));
  const names = of(shown).find(({ event }) => event.endsWith('event'))?.data.data as string[];
  assert.ok(names.includes('PATH') && !names.includes('SECRET_OF_OURS') && !names.includes('T'));
  await gateway.drain(6_000);
  assert.ok(!isAlive(pids.pid) && !isAlive(pids.grandchild), 'no child is left');
});

test('what is silent for long is said to be, and whose client is gone watches no more', async (t) => {
  const clock = createFakeClock();
  const { gateway, stream } = await open(t, clock);
  await watch(gateway, 'docs', { path: 'threads/ada/once', client_id: 'c' });
  await stream.until('it is told', () => stream.of('subscription/event').length === 1);
  await clock.advance(66_000);
  await stream.until('it is said', () => states(stream).includes('silent'));
  stream.close();
  await until('it is noticed', () => gateway.counts().streams === 0);
  await clock.advance(1_300_000);
  const metrics = await (await gateway.ask('/metrics', { headers: own })).text();
  assert.match(metrics, /^heddle_gateway_subscriptions 0$/m);
});

test('any replica ends what another one has', { skip }, async (t) => {
  const bus = await keepingBus(t);
  const gateways: TestGateway[] = [];
  for (let at = 0; at < 2; at += 1)
    gateways.push(await startGateway(t, await bus.connect({ reconnect: true }), TEXT, { env }));
  const [one, two] = gateways as [TestGateway, TestGateway];
  const stream = await listen(t, `${two.url}/v1/events?client_id=c`, own);
  const { subscription_id: id } = await bodyOf(await watch(one, 'docs', { path: 'threads/ada/live', client_id: 'c' }));
  await stream.until('it is told', () => stream.of('subscription/event').length >= 3);
  assert.equal((await ended(two, id, other)).status, 403);
  assert.equal((await ended(two, id)).status, 204);
  const count = stream.of('subscription/event').length;
  assert.equal((await ended(one, id)).status, 404);
  assert.equal(stream.of('subscription/event').length, count);
});
