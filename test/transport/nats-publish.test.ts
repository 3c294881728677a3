import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { adviceText } from '../../src/cli/remedies.ts';
import { HeddleError } from '../../src/errors.ts';
import { systemClock } from '../../src/time/clock.ts';
import { connect } from '../../src/transport/nats.ts';
import type { ConnectOptions } from '../../src/transport/options.ts';
import { Requests } from '../../src/transport/requests.ts';
import type { BusEvent, Message, Transport } from '../../src/transport/transport.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { newAuthority } from '../helpers/tls.ts';
import { newOperator, nkeys } from './nats-operator.ts';
import { scripted } from './nats-peers.ts';

noLeaks();

const real = { skip: skipWithoutNatsServer() };
const text = (message: Message) => Buffer.from(message.data).toString();

async function open(t: TestContext, options: ConnectOptions): Promise<Transport> {
  const bus = await connect(options);
  t.after(() => bus.close());
  return bus;
}

async function errorOf(promise: Promise<unknown>): Promise<HeddleError> {
  const error = await promise.then(
    () => assert.fail('it should have been rejected'),
    (cause: unknown) => cause,
  );
  assert.ok(error instanceof HeddleError, String(error));
  return error;
}

const LIMITED = `authorization { users: [ { user: ada, password: pw, permissions: {
  publish: { allow: ["ok.>", "_INBOX.>"] }, subscribe: { allow: ["ok.>", "_INBOX.>"] } } } ] }`;

test('a refused publish is an error of the next flush, and of no later one', real, async (t) => {
  const server = await natsServerFor(t, { config: LIMITED });
  const bus = await open(t, { servers: [server.url], auth: { user: 'ada', password: 'pw' } });
  const events: BusEvent[] = [];
  bus.onEvent((event) => void events.push(event));
  bus.publish('ok.1', '');
  bus.publish('forbidden.1', '');
  const [one, two] = await Promise.all([errorOf(bus.flush()), errorOf(bus.flush())]);
  for (const error of [one, two]) {
    assert.equal(error.code, 'permission_denied');
    assert.match(error.message, /does not allow us to publish to "forbidden\.1"/);
    assert.match(adviceText(error) ?? '', /Ask whoever runs the server/);
  }
  await bus.flush();
  assert.deepEqual(
    events.map((event) => event.kind === 'permission' && [event.operation, event.subject, event.error.code]),
    [['publish', 'forbidden.1', 'permission_denied']],
  );
});

test('a refused subscription ends with the reason, alone', real, async (t) => {
  const server = await natsServerFor(t, { config: LIMITED });
  const bus = await open(t, { servers: [server.url], auth: { user: 'ada', password: 'pw' } });
  const good = bus.subscribe('ok.*', () => {});
  const plain = bus.subscribe('forbidden', () => {});
  const grouped = bus.subscribe('forbidden', () => {}, { queue: 'workers' });
  assert.match((await errorOf(bus.flush())).message, /does not allow us to subscribe to "forbidden"/);
  assert.equal((await plain.closed)?.code, 'permission_denied');
  assert.equal((await grouped.closed)?.code, 'permission_denied');
  bus.publish('ok.1', '');
  await bus.flush();
  assert.equal(good.received, 1);
});

test('a request that may not be sent fails at once, and so does one whose answer may not come', real, async (t) => {
  const server = await natsServerFor(t, { config: LIMITED });
  const bus = await open(t, { servers: [server.url], auth: { user: 'ada', password: 'pw' } });
  const refused = await errorOf(bus.request('forbidden.q', '', { timeoutMs: 60_000 }));
  assert.equal(refused.code, 'permission_denied');
  const deaf = await open(t, {
    servers: [server.url],
    auth: { user: 'ada', password: 'pw' },
    inboxPrefix: 'elsewhere',
  });
  const unanswered = await errorOf(deaf.request('ok.q', '', { timeoutMs: 60_000 }));
  assert.equal(unanswered.code, 'permission_denied');
  assert.match(unanswered.message, /subscribe to "elsewhere\./);
});

test('every way to say who we are', real, async (t) => {
  const operator = newOperator();
  const { creds, jwt, seed } = operator.user();
  const bearer = operator.user({ bearer: true });
  const pair = nkeys.createUser();
  const nkeySeed = Buffer.from(pair.getSeed()).toString('ascii');
  const byJwt = await natsServerFor(t, { config: operator.config });
  const byKey = await natsServerFor(t, { config: `authorization { users: [ { nkey: ${pair.getPublicKey()} } ] }` });
  const byPassword = await natsServerFor(t, { config: 'authorization { user: "a:b", password: "p@%/:ss" }' });
  const byToken = await natsServerFor(t, { config: 'authorization { token: "t0:k@n" }' });
  const cases: readonly [string, ConnectOptions][] = [
    ['creds', { servers: [byJwt.url], auth: { creds } }],
    ['creds with CRLF', { servers: [byJwt.url], auth: { creds: creds.replaceAll('\n', '\r\n') } }],
    ['JWT and seed', { servers: [byJwt.url], auth: { jwt: `${jwt}\n`, nkeySeed: ` ${seed}\n` } }],
    ['bearer JWT', { servers: [byJwt.url], auth: { jwt: bearer.jwt } }],
    ['creds go before a seed', { servers: [byJwt.url], auth: { creds, nkeySeed } }],
    ['nkey', { servers: [byKey.url], auth: { nkeySeed } }],
    ['user and password', { servers: [byPassword.url], auth: { user: 'a:b', password: 'p@%/:ss' } }],
    ['in the URL', { servers: [byPassword.url.replace('//', '//a%3Ab:p%40%25%2F%3Ass@')] }],
    [
      'the URL goes before the rest',
      { servers: [byPassword.url.replace('//', '//a%3Ab:p%40%25%2F%3Ass@')], auth: { creds } },
    ],
    ['a user goes before creds', { servers: [byPassword.url], auth: { user: 'a:b', password: 'p@%/:ss', creds } }],
    ['token', { servers: [byToken.url], auth: { token: 't0:k@n' } }],
    ['token in the URL', { servers: [byToken.url.replace('//', '//t0%3Ak%40n@')] }],
    ['token in addition', { servers: [byToken.url], auth: { user: 'x', password: 'y', token: 't0:k@n' } }],
  ];
  for (const [name, options] of cases) {
    const bus = await connect(options).catch((error: unknown) => assert.fail(`${name}: ${error}`));
    await bus.flush();
    assert.ok(!bus.url.includes('@'), name);
    await bus.close();
  }
});

test('TLS: upgraded after the greeting, with our certificate, by name and by address', real, async (t) => {
  const ca = newAuthority('CA');
  const { cert, key } = ca.issue({ name: 'server', hosts: ['localhost', '127.0.0.1'] });
  const client = ca.issue({ name: 'client' });
  const server = await natsServerFor(t, {
    config: 'tls { cert_file: "FOLDER/c.pem", key_file: "FOLDER/k.pem", ca_file: "FOLDER/ca.pem", verify: true }',
    files: { 'c.pem': cert, 'k.pem': key, 'ca.pem': ca.cert },
  });
  const tls = { ca: ca.cert, cert: client.cert, key: client.key };
  for (const url of [server.url, `tls://localhost:${server.port}`]) {
    const bus = await open(t, { servers: [url], tls });
    assert.equal(bus.info.encrypted, true);
    assert.equal(bus.info.tlsRequired, true);
    const heard: string[] = [];
    bus.subscribe('a', (message) => void heard.push(text(message)));
    bus.publish('a', 'x'.repeat(100_000));
    await bus.flush();
    assert.equal(heard[0]?.length, 100_000);
    await bus.drain();
  }
});

test('payloads up to the limit go, beyond it nothing does', real, async (t) => {
  const server = await natsServerFor(t, { config: 'max_payload: 100' });
  const bus = await open(t, { servers: [server.url] });
  const heard: number[] = [];
  bus.subscribe('a', (message) => void heard.push(message.data.length));
  bus.publish('a', 'x'.repeat(100));
  const tooLarge = { code: 'payload_too_large', message: /101 bytes to "a" is more than nats:\S+ takes \(100 bytes/ };
  assert.throws(() => bus.publish('a', 'x'.repeat(101)), tooLarge);
  assert.throws(() => bus.publish('a', new Uint8Array(101)), tooLarge);
  // 50 characters of 3 bytes.
  assert.throws(() => bus.publish('a', '€'.repeat(50)), { code: 'payload_too_large' });
  // The headers count.
  assert.throws(() => bus.publish('a', 'x'.repeat(90), { headers: { A: 'b' } }), { code: 'payload_too_large' });
  await bus.flush();
  assert.deepEqual(heard, [100]);
});

test('subjects, replies, queues and headers that could not be said on the wire are refused', real, async (t) => {
  const server = await natsServerFor(t);
  const bus = await open(t, { servers: [server.url] });
  const invalid = { code: 'subject_invalid' };
  const bad = ['', ' ', 'a b', 'a\r\nPUB x 0', 'a\n', 'a\tb', '.', 'a.', '.a', 'a..b', `a.${'b'.repeat(4000)}`];
  for (const subject of [...bad, '*', 'a.*', 'a.>', '>']) {
    assert.throws(() => bus.publish(subject, ''), invalid, subject);
    assert.throws(() => bus.publish('a', '', { reply: subject }), invalid, subject);
    await assert.rejects(bus.request(subject, '', { timeoutMs: 1000 }), invalid, subject);
  }
  for (const pattern of [...bad, '>.a']) assert.throws(() => bus.subscribe(pattern, () => {}), invalid, pattern);
  for (const queue of ['', 'a b', 'a\r\n']) {
    assert.throws(() => bus.subscribe('a', () => {}, { queue }), invalid, queue);
  }
  for (const max of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => bus.subscribe('a', () => {}, { max }), { code: 'input_invalid' });
  }
  for (const headers of [{ '': 'x' }, { 'a b': 'x' }, { 'a:': 'x' }, { a: 'x\r\nb: y' }, { ä: 'x' }]) {
    assert.throws(() => bus.publish('a', '', { headers }), { code: 'input_invalid' });
  }
  // Refused or not, the last subject is looked at again when it changes.
  bus.publish('a', '');
  assert.throws(() => bus.publish('a b', ''), invalid);
  assert.throws(() => bus.publish('a b', ''), invalid);
  bus.publish(`a.${'b'.repeat(1800)}`, '');
  await bus.flush();
});

test('headers of any name and value arrive as they were sent', real, async (t) => {
  const server = await natsServerFor(t);
  const bus = await open(t, { servers: [server.url] });
  const came = new Promise<Message>((resolve) => void bus.subscribe('a', resolve));
  const headers = { traceparent: '00-1', 'X-Odd_Name': 'grün €', ['__proto__']: 'data', constructor: 'too' };
  bus.publish('a', 'x', { headers, reply: 'b' });
  const message = await came;
  assert.equal(message.subject, 'a');
  assert.equal(message.reply, 'b');
  assert.equal(message.headers?.code, 0);
  assert.deepEqual(message.headers.keys().sort(), Object.keys(headers).sort());
  for (const [name, value] of Object.entries(headers)) assert.deepEqual(message.headers.values(name), [value]);
});

test('a server without headers refuses them here instead of on the wire', async (t) => {
  const answer = (line: string, socket: import('node:net').Socket) => {
    if (line === 'PING') socket.write('PONG\r\n');
  };
  const port = await scripted(t, answer, { headers: false, version: '1.0.0', heddle_ts_development: true, cluster: 7 });
  const bus = await open(t, { servers: [`127.0.0.1:${port}`] });
  assert.throws(() => bus.publish('a', '', { headers: { a: 'b' } }), { code: 'connection_failed', message: /headers/ });
  assert.deepEqual(
    { ...bus.info },
    {
      serverId: 'X',
      serverName: '',
      version: '1.0.0',
      maxPayload: 1048576,
      headers: false,
      jetstream: false,
      authRequired: false,
      tlsRequired: false,
      encrypted: false,
      cluster: undefined,
      clientId: undefined,
      clientIp: undefined,
      can: { jetstream: false, whoAmI: true, connz: true },
    },
  );
});

test('requests: one answer, nobody, too late, interrupted, and nothing is left behind', real, async (t) => {
  const server = await natsServerFor(t);
  const bus = await open(t, { servers: [server.url] });
  bus.subscribe('echo', ({ reply, data }) => reply && bus.publish(reply, data));
  bus.subscribe('silent', () => {});
  assert.equal(text(await bus.request('echo', 'hi', { timeoutMs: 60_000 })), 'hi');
  const many = await Promise.all(
    Array.from({ length: 500 }, (_, index) => bus.request('echo', String(index), { timeoutMs: 60_000 })),
  );
  assert.deepEqual(
    many.map(text),
    many.map((_, index) => String(index)),
  );
  assert.equal((await errorOf(bus.request('nobody', '', { timeoutMs: 60_000 }))).code, 'nobody_listens');
  assert.equal((await errorOf(bus.request('silent', '', { timeoutMs: 20 }))).code, 'timeout');
  const requests = new Requests(bus, systemClock);
  await Promise.allSettled([
    requests.one('echo', '', { timeoutMs: 60_000 }),
    requests.one('nobody', '', { timeoutMs: 60_000 }),
    requests.one('silent', '', { timeoutMs: 10 }),
    requests.one('no subject', '', { timeoutMs: 60_000 }),
    requests.many('echo', '', { timeoutMs: 60_000, max: 1 }).next(),
  ]);
  assert.equal(requests.open, 0);
  const giveUp = new AbortController();
  const interrupted = errorOf(bus.request('silent', '', { timeoutMs: 60_000, signal: giveUp.signal }));
  giveUp.abort();
  assert.equal((await interrupted).code, 'interrupted');
  const { signal } = giveUp;
  assert.equal((await errorOf(bus.request('echo', '', { timeoutMs: 60_000, signal }))).code, 'interrupted');
  const closing = errorOf(bus.request('silent', '', { timeoutMs: 60_000 }));
  await bus.close();
  assert.equal((await closing).code, 'connection_closed');
});

test('many answers: until they stall, by count, by time, of nobody, and left early', real, async (t) => {
  const server = await natsServerFor(t);
  const bus = await open(t, { servers: [server.url] });
  bus.subscribe('three', ({ reply }) => {
    for (const answer of ['1', '2', '3']) bus.publish(reply as string, answer);
  });
  const all = async (subject: string, options: object): Promise<string[]> => {
    const answers: string[] = [];
    for await (const message of bus.requestMany(subject, '', { timeoutMs: 60_000, ...options })) {
      answers.push(text(message));
    }
    return answers;
  };
  assert.deepEqual(await all('three', { stallMs: 50 }), ['1', '2', '3']);
  assert.deepEqual(await all('three', { max: 2 }), ['1', '2']);
  assert.deepEqual(await all('three', { timeoutMs: 100 }), ['1', '2', '3']);
  assert.deepEqual(await all('nobody', { stallMs: 50 }), []);
  for await (const message of bus.requestMany('three', '', { timeoutMs: 60_000 })) {
    assert.equal(text(message), '1');
    break;
  }
});

test('a refused inbox is named by its prefix: the next one has another name', real, async (t) => {
  const deny = '_INBOX.>';
  const config = `authorization { users: [ { user: ada, password: pw, permissions: { subscribe: { deny: ["${deny}", "team.in.>"] } } } ] }`;
  const server = await natsServerFor(t, { config });
  const auth = { user: 'ada', password: 'pw' };
  const bus = await open(t, { servers: [server.url], auth });
  bus.subscribe(`${bus.inbox()}.*`, () => {});
  assert.match((await errorOf(bus.flush())).message, /subscribe to "_INBOX\.>", where answers come back$/);
  const prefixed = await open(t, { servers: [server.url], auth, inboxPrefix: 'team.in' });
  const subscription = prefixed.subscribe(prefixed.inbox(), () => {});
  assert.match((await errorOf(prefixed.flush())).message, /subscribe to "team\.in\.>", where answers come back$/);
  assert.match((await subscription.closed)?.message ?? '', /"team\.in\.>"/);
});
