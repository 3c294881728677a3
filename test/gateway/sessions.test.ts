import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { GatewayOptions } from '../../src/gateway/run.ts';
import { Sessions } from '../../src/gateway/sessions/sessions.ts';
import { openBucket } from '../../src/store/open.ts';
import { createFakeClock } from '../../src/time/fake-clock.ts';
import { BUSES } from '../helpers/buses.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { problemOf, until } from '../http/raw.ts';
import { actors, keepingBus } from './bus.ts';
import { AUDIENCE, claims, confused, ISSUER, jwks, keyOf, token, unsigned } from './issuer.ts';
import { listen } from './sse.ts';
import { bodyOf, gatewayConfig, startGateway, type TestGateway } from './start.ts';

noLeaks();

const skip = skipWithoutNatsServer();
const oidc = (more = '', keys = 'file:keys.json', outer = ''): string =>
  `auth: {oidc: {issuer: "${ISSUER}", audience: ${AUDIENCE}, jwks: "${keys}"${more}}${outer}}\n`;
const [rsa, ec, ed] = (['RS256', 'ES256', 'EdDSA'] as const).map((alg) => keyOf(alg.toLowerCase(), alg));
assert.ok(rsa !== undefined && ec !== undefined && ed !== undefined);
const weak = keyOf('weak', 'RS256', 1024);
const FILES = { 'keys.json': jwks(rsa, ec, ed, weak) };

async function single(
  t: TestContext,
  text: string,
  options: Partial<GatewayOptions> & { files?: Record<string, string> } = {},
) {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  return await startGateway(t, await connect(), text, { files: FILES, ...options });
}

const login = (gateway: TestGateway, idToken: unknown, more: object = {}): Promise<Response> =>
  gateway.ask('/api/auth/login', { json: { id_token: idToken, ...more } });

test('a login with each algorithm, and the ways in which a session is shown', async (t) => {
  const gateway = await single(t, oidc('', 'file:keys.json', ', allow_query_token: true'));
  for (const key of [rsa, ec, ed]) {
    const response = await login(gateway, token(key, claims(Date.now())));
    assert.equal(response.status, 200, key.alg);
    const { session_token: shown, expires_at: end, ...more } = await bodyOf(response);
    const user = { user_id: 'auth0|7', email: 'ada@example.com', display_name: 'Ada', roles: [] };
    assert.deepEqual(more, { status: 'authenticated', user_id: 'auth0|7', user });
    assert.match(String(shown), /^[A-Za-z0-9_-]{43}$/);
    assert.ok(Math.abs(Date.parse(String(end)) - Date.now() - 8 * 3_600_000) < 60_000);
    const ways: Record<string, string>[] = [
      { authorization: `Bearer ${shown}` },
      { 'x-session-token': String(shown) },
      { cookie: `a=b; session_token=${shown}; c=d` },
      { cookie: `session_token=${shown}`, origin: gateway.url },
    ];
    for (const headers of ways) assert.equal((await gateway.ask('/v1/contract', { headers })).status, 200);
    assert.equal((await gateway.ask(`/v1/contract?session_token=${shown}`)).status, 200);
    const foreign = { cookie: `session_token=${shown}`, origin: 'https://evil.example.com' };
    assert.equal((await gateway.ask('/v1/contract', { headers: foreign })).status, 401, 'a foreign page asks');
    const crossSite = { cookie: `session_token=${shown}`, 'sec-fetch-site': 'cross-site' };
    assert.equal((await gateway.ask('/v1/contract', { headers: crossSite })).status, 401);
    const valid = await bodyOf(await gateway.ask('/api/auth/validate', { json: { session_token: shown } }));
    assert.deepEqual(valid, { valid: true, expires_at: end, user_id: 'auth0|7', user });
  }
  assert.equal((await gateway.ask('/v1/contract')).status, 401, 'and nobody else');
  const not = await gateway.ask('/api/auth/validate', { json: { session_token: 'x' } });
  assert.deepEqual([not.status, (await bodyOf(not)).valid], [200, false]);
  const old = await gateway.ask('/api/auth/login', { json: { auth0_token: token(rsa, claims(Date.now())) } });
  assert.equal(old.status, 200);
  const strict = await single(t, oidc());
  const { session_token: shown } = await bodyOf(await login(strict, token(rsa, claims(Date.now()))));
  assert.equal(
    (await strict.ask(`/v1/contract?session_token=${shown}`)).status,
    401,
    'in the address only where that is allowed',
  );
});

test('what is no token for us is 401, each for its reason', async (t) => {
  const gateway = await single(t, oidc(', require_nonce: false'));
  const now = Date.now();
  const seconds = Math.floor(now / 1000);
  const good = claims(now);
  const stranger = keyOf('rs256', 'RS256');
  const pem = createPublicKey({ key: rsa.jwk as never, format: 'jwk' })
    .export({ type: 'spki', format: 'pem' })
    .toString();
  const tampered = token(rsa, good).split('.');
  tampered[1] = Buffer.from(JSON.stringify({ ...good, sub: 'admin' })).toString('base64url');
  const last = token(ed, good);
  const cases: readonly (readonly [reason: string, idToken: string, more?: object])[] = [
    ['issuer', token(rsa, { ...good, iss: 'https://id.example.com' })],
    ['audience', token(rsa, { ...good, aud: 'other' })],
    ['audience', token(rsa, { ...good, aud: ['other', 'else'] })],
    ['audience', token(rsa, { ...good, aud: [AUDIENCE, 'other'] })],
    ['audience', token(rsa, { ...good, azp: 'other' })],
    ['signature', token(stranger, good)],
    ['signature', token(weak, good)],
    ['unknown_key', token(rsa, good, { kid: 'other' })],
    ['algorithm', unsigned(good)],
    ['algorithm', unsigned(good).slice(0, -1)],
    ['algorithm', confused(rsa, good, pem)],
    ['algorithm', confused(rsa, good, JSON.stringify(rsa.jwk))],
    ['algorithm', token(rsa, good, { alg: 'RS512' })],
    ['algorithm', token(rsa, good, { crit: ['exp'] })],
    ['signature', token(rsa, good, { alg: 'ES256' })],
    ['signature', token(rsa, good, { kid: 'es256' })],
    ['expired', token(rsa, { ...good, exp: seconds - 10 })],
    ['expired', token(rsa, { ...good, exp: String(seconds + 600) })],
    ['not_yet_valid', token(rsa, { ...good, nbf: seconds + 60 })],
    ['not_yet_valid', token(rsa, { ...good, iat: seconds + 60 })],
    ['nonce', token(rsa, { ...good, nonce: 'a' }), { nonce: 'b' }],
    ['nonce', token(rsa, good), { nonce: 'b' }],
    ['signature', tampered.join('.')],
    ['malformed', `${last.slice(0, -1)}${last.endsWith('A') ? 'B' : last.endsWith('Q') ? 'R' : `${last.at(-1)}!`}`],
    ['malformed', `${token(rsa, good)}.x`],
    ['malformed', 'a.b.c'],
    ['malformed', ''],
    ['subject', token(rsa, { ...good, sub: '' })],
  ];
  for (const [reason, idToken, more] of cases) {
    const before = gateway.events.length;
    const response = await login(gateway, idToken, more);
    const { code } = await problemOf(response);
    const said = gateway.events.slice(before).find(({ kind }) => kind === 'login_refused');
    assert.deepEqual(
      [response.status, code, said?.kind === 'login_refused' && said.reason],
      [401, 'login_refused', reason],
      reason,
    );
  }
  assert.equal((await login(gateway, token(rsa, { ...good, nonce: 'a' }), { nonce: 'a' })).status, 200);
  assert.equal((await login(gateway, 7)).status, 422);
  const metrics = await gateway.ask('/metrics', {
    headers: { authorization: `Bearer ${(await bodyOf(await login(gateway, token(rsa, good)))).session_token}` },
  });
  assert.equal(metrics.status, 403, 'a session has no right that the config does not name');
  const strict = await single(t, oidc(', require_nonce: true'));
  assert.equal((await login(strict, token(rsa, good))).status, 401);
});

test('keys that take the place of others are followed, from an address and from a file', async (t) => {
  let served = jwks(rsa);
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.end(served);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const files = { 'keys.json': jwks(rsa) };
  const next = keyOf('next', 'RS256');
  for (const [keys, replace] of [
    [address, () => (served = jwks(next))],
    ['file:keys.json', () => (files['keys.json'] = jwks(next))],
  ] as const) {
    const gateway = await single(t, oidc('', keys), { files });
    const now = Date.now();
    assert.equal((await login(gateway, token(rsa, claims(now)))).status, 200);
    replace();
    assert.equal((await login(gateway, token(next, claims(now)))).status, 200, keys);
    assert.equal((await login(gateway, token(rsa, claims(now)))).status, 401, 'the one that is gone is good no more');
    const before = asked;
    for (let tries = 0; tries < 30; tries += 1)
      await login(gateway, token(rsa, claims(now), { kid: `made-up-${tries}` }));
    assert.ok(asked - before <= 10, `${asked - before} times asked for keys that were made up`);
  }
});

test('a session ends for every replica when it is logged out, streams with it, and nothing of it can be read', {
  skip,
}, async (t) => {
  const bus = await keepingBus(t);
  await actors(t, await bus.connect());
  const [one, other] = [
    await startGateway(t, await bus.connect({ reconnect: true }), oidc(), { files: FILES }),
    await startGateway(t, await bus.connect({ reconnect: true }), oidc(), { files: FILES }),
  ];
  const { session_token: shown } = await bodyOf(await login(one, token(rsa, claims(Date.now()))));
  const headers = { authorization: `Bearer ${shown}` };
  assert.equal((await other.ask('/v1/contract', { headers })).status, 200);
  const stream = await listen(t, `${other.url}/v1/events`, headers);
  await stream.until('it is greeted', (frames) => frames.length === 2);
  const sent = await other.ask('/v1/tasks', { json: { worker_type: 'echo', payload: {} }, headers });
  assert.equal(sent.status, 202);
  await stream.until('it is told', () => stream.of('task/result').length === 1);
  const given = await bodyOf(await one.ask('/v1/events/ticket', { method: 'POST', headers }));
  const late = await bodyOf(await one.ask('/v1/events/ticket', { method: 'POST', headers }));
  const byTicket = await listen(t, `${other.url}/v1/events?ticket=${given.ticket}`);
  await byTicket.until('it is greeted', (frames) => frames.length === 2);
  const bucket = await openBucket({ home: 'jetstream', bus: await bus.connect() }, 'heddle-gateway-sessions');
  for (const key of await bucket.keys()) {
    const kept = `${key} ${Buffer.from((await bucket.get(key))?.value ?? []).toString()}`;
    assert.ok(!kept.includes(String(shown)));
  }
  assert.equal((await one.ask('/api/auth/logout', { method: 'POST', headers })).status, 200);
  for (const each of [stream, byTicket]) {
    await each.ended;
    assert.deepEqual([each.frames.at(-1)?.event, each.frames.at(-1)?.data], ['bye', { reason: 'session_over' }]);
  }
  assert.equal((await other.ask(`/v1/events?ticket=${late.ticket}`)).status, 401, 'nor is a ticket good any more');
  assert.equal((await one.ask('/v1/contract', { headers })).status, 401);
  assert.equal((await other.ask('/v1/contract', { headers })).status, 401);
  assert.equal((await one.ask('/api/auth/logout', { method: 'POST', headers })).status, 200);
  const logged = JSON.stringify([...one.events, ...other.events]);
  assert.ok(!logged.includes(String(shown)));
});

test('what is known of a session never outlives it, and a cookie goes over TLS alone where there is TLS', async (t) => {
  const clock = createFakeClock();
  const text = `public_url: https://gw.example.com\n${oidc(', cookie: true, session_s: 60, cache_s: 300')}`;
  const gateway = await single(t, text, { clock });
  const response = await login(gateway, token(rsa, claims(clock.now())));
  const { session_token: shown } = await bodyOf(response);
  assert.equal(
    response.headers.get('set-cookie'),
    `session_token=${shown}; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure`,
  );
  const headers = { cookie: `session_token=${shown}` };
  assert.equal((await gateway.ask('/v1/contract', { headers })).status, 200);
  const stream = await listen(t, `${gateway.url}/v1/events`, headers);
  await stream.until('it is greeted', (frames) => frames.length === 2);
  clock.stall(59_000);
  assert.equal((await gateway.ask('/v1/contract', { headers })).status, 200);
  clock.stall(1_001);
  assert.equal((await gateway.ask('/v1/contract', { headers })).status, 401);
  await stream.ended;
});

test('who listens by a ticket or on the bus is told when the session ends by itself, and no more', async (t) => {
  const clock = createFakeClock();
  const text = `console: true\n${oidc(', session_s: 60, cache_s: 2, scopes: [submit, events, observe]')}`;
  const gateway = await single(t, text, { clock });
  const { session_token: shown } = await bodyOf(await login(gateway, token(rsa, claims(clock.now()))));
  const headers = { authorization: `Bearer ${shown}` };
  const streams = [];
  for (const path of ['/v1/events', '/events', '/v1/bus/events']) {
    const { ticket } = await bodyOf(await gateway.ask('/v1/events/ticket', { method: 'POST', headers }));
    const stream = await listen(t, `${gateway.url}${path}?ticket=${ticket}`);
    assert.equal(stream.status, 200, path);
    streams.push(stream);
  }
  await until('all are there', () => gateway.counts().streams === 3);
  await clock.advance(59_000);
  assert.equal(gateway.counts().streams, 3);
  await clock.advance(3_000);
  for (const stream of streams) {
    await stream.ended;
    assert.equal(stream.frames.at(-1)?.event, 'bye');
    assert.match(JSON.stringify(stream.frames.at(-1)?.data), /"reason":"session_over"/);
  }
});

test('a reload that takes logging in away ends every session; one that brings it back knows them again', async (t) => {
  const [bus] = BUSES;
  assert.ok(bus);
  const { connect } = await bus.start(t);
  const tokens = 'tokens: [{id: ci, env: T, scopes: [submit, events]}]';
  const withLogin = oidc('', 'file:keys.json', `, ${tokens}`);
  let text = withLogin;
  const gateway = await startGateway(t, await connect(), text, {
    files: FILES,
    env: { T: 'x'.repeat(32) },
    reload: async () => ({ config: gatewayConfig(`listen: 127.0.0.1:0\n${text}`) }),
  });
  const { session_token: shown } = await bodyOf(await login(gateway, token(rsa, claims(Date.now()))));
  const headers = { authorization: `Bearer ${shown}` };
  const validity = async () =>
    (await bodyOf(await gateway.ask('/api/auth/validate', { method: 'POST', headers }))).valid;
  const stream = await listen(t, `${gateway.url}/v1/events`, headers);
  text = `auth: {${tokens}}\n`;
  assert.equal(await gateway.reload(), true);
  await stream.ended;
  assert.match(JSON.stringify(stream.frames.at(-1)?.data), /"reason":"session_over"/);
  assert.equal((await gateway.ask('/v1/contract', { headers })).status, 401);
  assert.equal(await validity(), false);
  const refused = await login(gateway, token(rsa, claims(Date.now())));
  assert.deepEqual([refused.status, (await bodyOf(refused)).code], [401, 'login_refused']);
  assert.equal(
    (await gateway.ask('/v1/contract', { headers: { authorization: `Bearer ${'x'.repeat(32)}` } })).status,
    200,
  );
  text = withLogin;
  assert.equal(await gateway.reload(), true);
  assert.equal((await gateway.ask('/v1/contract', { headers })).status, 200);
  assert.equal(await validity(), true);
});

test('a session that is asked for while all are ended is ended, too, and whoever asks afterwards finds it', async () => {
  const clock = createFakeClock();
  const sessions = await Sessions.open(
    { home: 'memory', clock },
    { name: 'g', sessionMs: 60_000, cacheMs: 10_000, clock },
  );
  const user = { user_id: 'ada', email: null, display_name: null, roles: [] };
  const { token: shown } = await sessions.begin(user, ['events'], 60_000);
  const asked = sessions.principal(shown);
  sessions.endAll();
  assert.equal(await asked, undefined);
  assert.equal((await sessions.principal(shown))?.tenure?.isOver, false);
  await sessions.close();
});

test('a session that too many others push out takes with it what goes on under it', async () => {
  const clock = createFakeClock();
  const sessions = await Sessions.open(
    { home: 'memory', clock },
    { name: 'g', sessionMs: 60_000, cacheMs: 10_000, clock },
  );
  const user = { user_id: 'ada', email: null, display_name: null, roles: [] };
  const { token: first } = await sessions.begin(user, ['events'], 60_000);
  const holder = await sessions.principal(first);
  for (let at = 0; at < 10_000; at += 1) await sessions.find((await sessions.begin(user, [], 60_000)).token);
  assert.equal(holder?.tenure?.isOver, true, 'whoever begins comes back');
  const again = await sessions.principal(first);
  assert.equal(again?.tenure?.isOver, false);
  again?.tenure?.onLack([], () => {});
  for (let at = 0; at < 10_000; at += 1) await sessions.find((await sessions.begin(user, [], 60_000)).token);
  assert.equal(again?.tenure?.isOver, false, 'one that something goes on under stays');
  await sessions.close();
});

test('the events of the guide: messages of JSON-RPC, with ids, and 401 for a session that is none', async (t) => {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  await actors(t, await connect());
  const gateway = await startGateway(t, await connect(), oidc('', 'file:keys.json', ', allow_query_token: true'), {
    files: FILES,
  });
  assert.equal((await gateway.ask('/events?session_token=no-session')).status, 401);
  const { session_token: shown } = await bodyOf(await login(gateway, token(ec, claims(Date.now()))));
  const stream = await listen(t, `${gateway.url}/events?session_token=${shown}&client_id=c1`);
  await stream.until('it is greeted', (frames) => frames.length === 2);
  const [init, ping] = stream.frames;
  const { serverInfo: _, ...result } = (init?.data.result ?? {}) as Record<string, unknown>;
  assert.deepEqual([init?.event, init?.data.jsonrpc, init?.data.id], ['message', '2.0', 1]);
  assert.deepEqual([result.protocolVersion, result.clientId, result.pendingRequests], ['2024-11-05', 'c1', []]);
  assert.deepEqual([ping?.event, ping?.data], ['ping', { jsonrpc: '2.0', method: 'ping', params: {} }]);
  await gateway.ask('/v1/tasks', {
    json: { worker_type: 'echo', payload: { n: 1 }, client_id: 'c1' },
    headers: { authorization: `Bearer ${shown}` },
  });
  await stream.until('it is told', () => stream.of('task/result').length === 1);
  const told = stream.of('task/result')[0];
  assert.deepEqual(
    [told?.data.method, (told?.data.params as { status?: string } | undefined)?.status],
    ['task/result', 'completed'],
  );
  assert.match(String(told?.id), /-\d+$/);
  await gateway.drain(2_000);
  assert.equal(stream.frames.at(-1)?.data.method, 'bye');
});
