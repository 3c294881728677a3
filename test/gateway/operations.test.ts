import assert from 'node:assert/strict';
import { get as secureGet } from 'node:https';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { BUSES } from '../helpers/buses.ts';
import { gather } from '../helpers/gather.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { newAuthority } from '../helpers/tls.ts';
import { readMetrics } from '../http/prometheus-reader.ts';
import { problemOf, raw, until } from '../http/raw.ts';
import { actors } from './bus.ts';
import { SIGNINGS, type Signing } from './signed.ts';
import { bodyOf, gatewayConfig, startGateway, TOKEN } from './start.ts';

noLeaks();

const BUS = BUSES[0]!;
const task = { worker_type: 'echo', payload: {} };

test('the health endpoints, and metrics whose every series is there from the start', async (t) => {
  const { connect } = await BUS.start(t);
  const gateway = await startGateway(
    t,
    await connect({ reconnect: true }),
    `webhooks: {w: {verify: ${(SIGNINGS.github as Signing).verify}}}\n`,
    {
      env: (SIGNINGS.github as Signing).env,
    },
  );
  assert.equal(await (await gateway.ask('/livez')).text(), 'ok\n');
  for (const path of ['/readyz', '/healthz']) {
    const response = await gateway.ask(path);
    assert.deepEqual(
      [response.status, await bodyOf(response)],
      [200, { ok: true, reason: null, bus: 'connected', store: 'memory', requests: true, webhooks: 1 }],
      path,
    );
  }
  const before = readMetrics(await (await gateway.ask('/metrics')).text());
  const value = (families: typeof before, name: string, labels: Record<string, string>): number | undefined =>
    families
      .get(`heddle_gateway_${name}`)
      ?.samples.find((sample) => Object.entries(labels).every(([key, each]) => sample.labels[key] === each))?.value;
  for (const [name, labels] of [
    ['work_total', { kind: 'task', outcome: 'accepted' }],
    ['work_total', { kind: 'goal', outcome: 'bus_down' }],
    ['webhook_deliveries_total', { webhook: 'w', outcome: 'bad_signature' }],
    ['webhook_deliveries_total', { webhook: 'w', outcome: 'nobody_listens' }],
    ['http_requests_total', { method: 'POST', route: '/v1/tasks', status: '503' }],
    ['http_requests_total', { method: 'POST', route: '/webhooks/{name}', status: '401' }],
    ['results_total', { outcome: 'stored' }],
    ['listeners_total', { listener: 'seen' }],
    ['reloads_total', { outcome: 'refused' }],
  ] as const) {
    assert.equal(value(before, name, labels), 0, `${name} ${JSON.stringify(labels)}`);
  }
  assert.deepEqual([value(before, 'bus_connected', {}), value(before, 'ready', {})], [1, 1]);
  await gateway.ask('/webhooks/w', { json: {} });
  await gateway.ask('/v1/tasks', { json: task });
  const after = readMetrics(await (await gateway.ask('/metrics')).text());
  assert.equal(value(after, 'webhook_deliveries_total', { webhook: 'w', outcome: 'missing_signature' }), 1);
  assert.equal(value(after, 'work_total', { kind: 'task', outcome: 'unheard' }), 1);
  assert.equal(value(after, 'http_requests_total', { method: 'POST', route: '/v1/tasks', status: '503' }), 1);
});

test('metrics want their scope, where there are tokens and they are not open', async (t) => {
  const { connect } = await BUS.start(t);
  const bus = await connect({ reconnect: true });
  const tokens = 'tokens: [{id: m, env: M, scopes: [metrics]}, {id: s, env: S, scopes: [submit]}]';
  const env = { M: `${TOKEN}-m`, S: `${TOKEN}-s` };
  const closed = await startGateway(t, bus, `auth: {${tokens}}\n`, { env });
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await closed.ask('/metrics', { headers })).status;
  assert.deepEqual(
    [
      await status({}),
      await status({ authorization: `Bearer ${env.M}` }),
      await status({ authorization: `Bearer ${env.S}` }),
    ],
    [401, 200, 403],
  );
  const open = await startGateway(t, bus, `auth: {open_metrics: true, ${tokens}}\n`, { env });
  assert.equal((await open.ask('/metrics')).status, 200);
});

test('beyond loopback and without a token it does not start; nor with a secret that is missing or short', async (t) => {
  const { connect } = await BUS.start(t);
  const bus = await connect();
  await assert.rejects(startGateway(t, bus, 'listen: 0.0.0.0:0\n'), {
    code: 'settings_invalid',
    message: /everybody who reaches 0\.0\.0\.0/,
  });
  const text = 'auth: {tokens: [{id: a, env: A, scopes: [submit]}]}\n';
  await assert.rejects(startGateway(t, bus, text), { message: 'token a: the variable A is not set' });
  await assert.rejects(startGateway(t, bus, text, { env: { A: 'short' } }), {
    message: 'token a: the variable A holds fewer than 16 bytes',
  });
  const file = 'webhooks: {w: {verify: {scheme: github, secrets: [{file: ./s}]}}}\n';
  await assert.rejects(startGateway(t, bus, file), { message: 'webhook w: the file ./s: there is no such file' });
  const twins = 'auth: {tokens: [{id: a, env: A, scopes: [submit]}, {id: b, env: A, scopes: [submit]}]}\n';
  await assert.rejects(startGateway(t, bus, twins, { env: { A: TOKEN } }), {
    message: 'the tokens a and b have one secret',
  });
  const webhooksAlone = await startGateway(t, bus, 'listen: 0.0.0.0:0\nrequests: false\n');
  assert.equal(
    (await fetch(`${webhooksAlone.url.replace('0.0.0.0', '127.0.0.1')}/v1/tasks`, { method: 'POST' })).status,
    404,
  );
});

test('beyond loopback and without a token nothing but verified webhooks is served', async (t) => {
  const { connect } = await BUS.start(t);
  const bus = await connect();
  const parts: readonly (readonly [text: string, could: RegExp])[] = [
    ['events: {enabled: true}', /hear what happens on the bus/],
    ['events: {enabled: true}\nplaybooks: {a/b: {to: goal, instruction: go}}', /start playbooks/],
    ['proxy: [{prefix: /x, target: "http://127.0.0.1:9"}]', /ask http:\/\/127\.0\.0\.1:9/],
    ['workers: {types: {echo: {tiers: [local]}}}', /take tasks and answer them/],
    ['subscriptions: {files: {command: [cat], allow: "{user}/*"}}', /have programs watch for them/],
  ];
  for (const [text, could] of parts) {
    await assert.rejects(startGateway(t, bus, `listen: 0.0.0.0:0\nrequests: false\n${text}\n`), {
      code: 'settings_invalid',
      message: could,
    });
  }
});

test('a reload does not open what goes on listening beyond loopback', async (t) => {
  const { connect } = await BUS.start(t);
  const env = { A: TOKEN };
  let text = 'listen: 0.0.0.0:0\nauth: {tokens: [{id: a, env: A, scopes: [submit]}]}\n';
  const gateway = await startGateway(t, await connect(), text, {
    env,
    reload: async () => ({ config: gatewayConfig(text) }),
  });
  const address = gateway.url.replace('0.0.0.0', '127.0.0.1');
  const status = async (): Promise<number> =>
    (
      await fetch(`${address}/v1/tasks`, {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': 'application/json' },
      })
    ).status;
  // Both could be served where they say; but where it listens, and what it serves, changes at the next start alone.
  for (text of ['listen: 127.0.0.1:0\n', 'listen: 0.0.0.0:0\nrequests: false\n']) {
    assert.equal(await gateway.reload(), false, text);
    assert.equal(await status(), 401, text);
  }
});

test('required means required: without JetStream it does not start', async (t) => {
  const { connect } = await BUS.start(t);
  await assert.rejects(startGateway(t, await connect(), 'listen: 127.0.0.1:0\nstore: {kind: required}\n'), {
    code: 'no_match',
  });
});

test('tokens and secrets are rotated while requests go on; a bad config changes nothing', async (t) => {
  const { connect } = await BUS.start(t);
  const control = await connect();
  await actors(t, control);
  const env: Record<string, string> = { A: `${TOKEN}-old` };
  let text = 'listen: 127.0.0.1:0\nauth: {tokens: [{id: a, env: A, scopes: [submit]}]}\n';
  const gateway = await startGateway(t, await connect({ reconnect: true }), text, {
    env,
    reload: async () => ({ config: gatewayConfig(text) }),
  });
  const status = async (token: string): Promise<number> =>
    (await gateway.ask('/v1/tasks', { json: task, headers: { authorization: `Bearer ${token}` } })).status;
  assert.deepEqual([await status(`${TOKEN}-old`), await status(`${TOKEN}-new`)], [202, 401]);
  let going = true;
  const results: number[] = [];
  const traffic = (async () => {
    while (going)
      results.push(await status(results.length > 0 && env.B !== undefined ? `${TOKEN}-new` : `${TOKEN}-old`));
  })();
  text =
    'listen: 127.0.0.1:0\nauth: {tokens: [{id: b, env: B, scopes: [submit]}, {id: a, env: A, scopes: [submit]}]}\n';
  assert.equal(await gateway.reload(), false, 'the new variable is not set');
  assert.equal(await status(`${TOKEN}-old`), 202);
  env.B = `${TOKEN}-new`;
  control.publish('heddle.control.reload', '{"action":"reload"}');
  await until('it is read again', () => gateway.events.some(({ kind }) => kind === 'gateway_reloaded'));
  going = false;
  await traffic;
  assert.deepEqual(new Set(results.filter((each) => each !== 401)), new Set([202]));
  assert.deepEqual([await status(`${TOKEN}-old`), await status(`${TOKEN}-new`)], [202, 202]);
  text = 'listen: 127.0.0.1:1\nname: other\nauth: {tokens: [{id: b, env: B, scopes: [submit]}]}\n';
  assert.equal(await gateway.reload(), true);
  assert.deepEqual([await status(`${TOKEN}-old`), await status(`${TOKEN}-new`)], [401, 202]);
  const last = gateway.events.findLast(({ kind }) => kind === 'gateway_reloaded');
  assert.deepEqual(last, { kind: 'gateway_reloaded', restartFor: ['name', 'listen'] });
});

test('TLS, and a certificate that is renewed', async (t) => {
  const { connect } = await BUS.start(t);
  const authority = newAuthority('tests');
  const first = authority.issue({ name: 'first', hosts: ['127.0.0.1'] });
  const second = authority.issue({ name: 'second', hosts: ['127.0.0.1'] });
  const files: Record<string, string> = { 'a.crt': first.cert, 'a.key': first.key };
  const text = 'listen: 127.0.0.1:0\ntls: {cert: a.crt, key: a.key}\n';
  const gateway = await startGateway(t, await connect(), text, {
    files,
    reload: async () => ({ config: gatewayConfig(text) }),
  });
  const subject = (): Promise<string> =>
    new Promise((resolve, reject) => {
      secureGet(`${gateway.url}/livez`, { ca: authority.cert, agent: false }, (response) => {
        const { subject } = (response.socket as TLSSocket).getPeerCertificate();
        response.resume().on('end', () => resolve(String(subject.CN)));
      }).on('error', reject);
    });
  assert.equal(await subject(), 'first');
  Object.assign(files, { 'a.crt': second.cert, 'a.key': second.key });
  assert.equal(await gateway.reload(), true);
  assert.equal(await subject(), 'second');
  files['a.key'] = 'no key';
  assert.equal(await gateway.reload(), false);
  assert.equal(await subject(), 'second');
});

test('pages of allowed origins may read answers, problems too; others may not', async (t) => {
  const { connect } = await BUS.start(t);
  const gateway = await startGateway(
    t,
    await connect(),
    'listen: 127.0.0.1:0\ncors: {origins: ["https://app.example.com"]}\n',
  );
  const allowed = async (path: string, origin: string, method = 'GET'): Promise<string | null> =>
    (await gateway.ask(path, { method, headers: { origin } })).headers.get('access-control-allow-origin');
  assert.equal(await allowed('/healthz', 'https://app.example.com'), 'https://app.example.com');
  assert.equal(await allowed('/v1/requests/gw-x', 'https://app.example.com'), 'https://app.example.com');
  assert.equal(await allowed('/v1/tasks', 'https://app.example.com', 'OPTIONS'), 'https://app.example.com');
  for (const origin of [
    'https://evil.example.com',
    'null',
    'https://app.example.com.evil.com',
    'http://app.example.com',
  ]) {
    assert.equal(await allowed('/healthz', origin), null, origin);
  }
});

test('a token that sends too much is 429 with the time to wait; another one is not', async (t) => {
  const { connect } = await BUS.start(t);
  await actors(t, await connect());
  const text = `auth: {tokens: [{id: a, env: A, scopes: [submit]}, {id: b, env: B, scopes: [submit]}]}
limits: {rate_per_token: 5/m}
`;
  const env = { A: `${TOKEN}-a`, B: `${TOKEN}-b` };
  const gateway = await startGateway(t, await connect(), text, { env });
  const send = (token: string) =>
    gateway.ask('/v1/tasks', { json: task, headers: { authorization: `Bearer ${token}` } });
  assert.equal((await send(env.A)).status, 202);
  const refused = await send(env.A);
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '12']);
  assert.equal((await problemOf(refused)).code, 'too_many_requests');
  assert.equal((await send(env.B)).status, 202);
});

test('behind a proxy the client is the last one that it names, and only where that is trusted', async (t) => {
  const { connect } = await BUS.start(t);
  const bus = await connect();
  for (const [text, remote] of [
    ['listen: 127.0.0.1:0\n', '127.0.0.1'],
    ['listen: 127.0.0.1:0\ntrust_proxy: true\n', '203.0.113.9'],
  ] as const) {
    const gateway = await startGateway(t, bus, text);
    await gateway.ask('/livez', { headers: { 'x-forwarded-for': '10.1.1.1, 203.0.113.9' } });
    await until('it is told', () => gateway.events.some(({ kind }) => kind === 'http_request'));
    const access = gateway.events.find(({ kind }) => kind === 'http_request');
    assert.ok(access?.kind === 'http_request');
    assert.equal(access.remote, remote);
  }
});

test('a drain answers who waits with where to look, refuses new work, and is over in time', async (t) => {
  const { connect } = await BUS.start(t);
  await actors(t, await connect(), 400);
  const seen = await gather(await connect(), 'heddle.tasks.incoming');
  const gateway = await startGateway(t, await connect({ reconnect: true }));
  const waiting = gateway.ask('/v1/tasks', { json: task, headers: { prefer: 'wait=30' } });
  await until('it is under way', () => seen.messages.length === 1);
  const open = await raw(t, Number(new URL(gateway.url).port));
  const from = performance.now();
  const drained = gateway.drain(5_000);
  const response = await waiting;
  assert.deepEqual([response.status, response.headers.get('connection')], [202, 'close']);
  assert.deepEqual(await drained, { cut: 0 });
  assert.ok(performance.now() - from < 4_000);
  await open.ended();
  await assert.rejects(gateway.ask('/livez'));
});
