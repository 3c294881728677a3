import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { type HttpLimits, limitsOf } from '../../src/http/limits.ts';
import { jsonReply, type Route, route, textReply } from '../../src/http/route.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { answers, get, type ProblemShown, post, problemOf, type Raw, raw, serveFor, until } from './raw.ts';

noLeaks();

let ran = 0;
const routes: readonly Route[] = [
  route({ method: 'GET', path: '/', responses: {}, run: () => textReply(200, 'here') }),
  route({
    method: 'POST',
    path: '/json',
    request: {},
    responses: {},
    run: async (context) => {
      ran += 1;
      return jsonReply(200, (await context.json()).value);
    },
  }),
  route({
    method: 'POST',
    path: '/any',
    request: { types: ['*/*'], maxBytes: 50 },
    responses: {},
    run: async (context) => {
      ran += 1;
      return jsonReply(200, (await context.bytes()).length);
    },
  }),
  route({ method: 'POST', path: '/ignores', responses: {}, run: () => textReply(200, 'thanks') }),
  route({ method: 'GET', path: '/waits', responses: {}, run: ({ signal }) => untilAborted(signal) }),
  route({ method: 'GET', path: '/large', responses: {}, run: () => textReply(200, 'x'.repeat(32 * 1024 * 1024)) }),
];

async function untilAborted(signal: AbortSignal) {
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  return textReply(200, 'late');
}

const SMALL: Partial<HttpLimits> = { bodyBytes: 100, headersMs: 300, requestMs: 600, idleMs: 300 };

/** The code of the only answer, which ends the connection. */
function refusal(text: string): [status: number, code: string, connection: string | undefined] {
  const found = answers(text);
  assert.equal(found.length, 1, text);
  const [answer] = found;
  assert.match(answer?.headers['heddle-request-id'] ?? '', /./);
  const { code, status, request_id } = JSON.parse(answer?.body ?? '') as ProblemShown;
  assert.deepEqual([status, request_id], [answer?.status, answer?.headers['heddle-request-id']]);
  return [status, code, answer?.headers.connection];
}

test('a body that announces too much is refused before it is read, and its sender hears why', async (t) => {
  const { port } = await serveFor(t, routes, { limits: SMALL });
  const before = ran;
  const client = await raw(t, port);
  client.send('POST /json HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n');
  // It goes on sending, as clients do that look for an answer only afterwards.
  for (let at = 0; at < 10; at += 1) client.send('x'.repeat(100_000));
  assert.deepEqual(refusal(await client.ended()), [413, 'body_too_large', 'close']);
  assert.equal(ran, before, 'no handler ran');
});

/** Reads nothing while it sends: what clients do that look for an answer only afterwards. */
async function sendBlindly(client: Raw, chunk: string): Promise<void> {
  client.socket.pause();
  for (let at = 0; at < 20; at += 1) {
    client.send(chunk);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  client.socket.resume();
}

test('who looks for the answer only after the whole body finds it', async (t) => {
  const { port } = await serveFor(t, routes, { limits: SMALL });
  const large = await raw(t, port);
  large.send('POST /json HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9000000\r\n\r\n');
  await sendBlindly(large, 'x'.repeat(10_000));
  assert.deepEqual(refusal(await large.ended()), [413, 'body_too_large', 'close']);
  const garbage = await raw(t, port);
  await sendBlindly(garbage, 'this is no HTTP\r\n\r\n');
  assert.deepEqual(refusal(await garbage.ended()), [400, 'bad_request', 'close']);
});

test('a body in pieces is refused when it has become too large', async (t) => {
  const { port } = await serveFor(t, routes, { limits: SMALL });
  const client = await raw(t, port);
  client.send('POST /json HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n');
  for (let at = 0; at < 5; at += 1) client.send(`1e\r\n${'x'.repeat(30)}\r\n`);
  assert.deepEqual(refusal(await client.ended()), [413, 'body_too_large', 'close']);
});

test('a route has its own limit, to the byte', async (t) => {
  const { url } = await serveFor(t, routes, { limits: SMALL });
  const status = async (size: number): Promise<number> =>
    (await fetch(`${url}/any`, { method: 'POST', body: 'x'.repeat(size) })).status;
  assert.deepEqual([await status(50), await status(51)], [200, 413]);
});

test('a body that nobody asked for is dropped when it is small; more of it ends the connection', async (t) => {
  const { port } = await serveFor(t, routes, { limits: SMALL });
  const client = await raw(t, port);
  client.send(post('/ignores', 'x'.repeat(100)) + get('/', 'connection: close'));
  assert.deepEqual(
    answers(await client.ended()).map(({ body }) => body),
    ['thanks', 'here'],
  );
  const pieces = await raw(t, port);
  pieces.send('POST /ignores HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n');
  const [answer] = answers(await pieces.ended());
  assert.deepEqual([answer?.status, answer?.headers.connection], [200, 'close']);
});

test('expect: 100-continue is met when the body is wanted, and answered at once when it is not', async (t) => {
  const { port } = await serveFor(t, routes, { limits: SMALL });
  const wanted = await raw(t, port);
  const head = (size: number, ...more: string[]): string =>
    [
      'POST /json HTTP/1.1',
      'host: x',
      'content-type: application/json',
      `content-length: ${size}`,
      ...more,
      '',
      '',
    ].join('\r\n');
  wanted.send(head(2, 'expect: 100-continue', 'connection: close'));
  await wanted.seen(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
  wanted.send('{}');
  assert.deepEqual(
    answers(await wanted.ended()).map(({ status, body }) => [status, body]),
    [
      [100, ''],
      [200, '{}'],
    ],
  );
  const large = await raw(t, port);
  large.send(head(1000, 'expect: 100-continue'));
  assert.deepEqual(refusal(await large.ended()), [413, 'body_too_large', 'close']);
  const strange = await raw(t, port);
  strange.send(head(2, 'expect: a miracle'));
  assert.deepEqual(refusal(await strange.ended()), [417, 'expectation_failed', 'close']);
});

const TYPES: readonly (readonly [headers: Record<string, string>, status: number])[] = [
  [{ 'content-type': 'application/json' }, 200],
  [{ 'content-type': 'Application/JSON; charset="UTF-8"' }, 200],
  [{ 'content-type': 'application/json; charset=latin1' }, 415],
  [{ 'content-type': 'text/plain' }, 415],
  [{ 'content-type': '' }, 415],
  [{ 'content-type': 'application/json', 'content-encoding': 'gzip' }, 415],
  [{ 'content-type': 'application/json', 'content-encoding': 'identity' }, 200],
];
for (const [headers, status] of TYPES) {
  test(`a body with ${JSON.stringify(headers)} is ${status}`, async (t) => {
    const { url } = await serveFor(t, routes);
    const response = await fetch(`${url}/json`, { method: 'POST', body: '{}', headers });
    assert.equal(response.status, status);
    if (status === 415) assert.equal((await problemOf(response)).code, 'unsupported_media_type');
  });
}

test('a body that is no JSON is 400 with its place', async (t) => {
  const { url } = await serveFor(t, routes, { limits: { jsonDepth: 3 } });
  const ask = async (body: string): Promise<ProblemShown> =>
    await problemOf(
      await fetch(`${url}/json`, { method: 'POST', body, headers: { 'content-type': 'application/json' } }),
    );
  const { status, code, detail } = await ask('{"a":tru}');
  assert.deepEqual([status, code], [400, 'invalid_json']);
  assert.match(detail ?? '', /at character 6 of 9/);
  assert.equal((await ask('')).code, 'invalid_json');
  assert.equal((await ask('[[[[1]]]]')).code, 'json_too_complex');
});

test('headers that are too long or too many are refused', async (t) => {
  const { port } = await serveFor(t, routes, { limits: { headerBytes: 4096, headers: 10 } });
  const long = await raw(t, port);
  long.send(get('/', `x-long: ${'x'.repeat(5000)}`));
  assert.deepEqual(refusal(await long.ended()), [431, 'headers_too_large', 'close']);
  const path = await raw(t, port);
  path.send(get(`/${'x'.repeat(5000)}`));
  assert.deepEqual(refusal(await path.ended()), [431, 'headers_too_large', 'close']);
  const many = await raw(t, port);
  const lines = (count: number): string[] => Array.from({ length: count }, (_, at) => `x-${at}: 1`);
  many.send(get('/', ...lines(9)) + get('/', ...lines(10)) + get('/', ...lines(500), 'connection: close'));
  assert.deepEqual(
    answers(await many.ended()).map(({ status }) => status),
    [200, 431, 431],
  );
  // Node hands over headers in batches of 31, and drops those that begin beyond its own limit.
  const server = await serveFor(t, routes, { limits: { headers: 62 } });
  const batches = await raw(t, server.port);
  batches.send(get('/', ...lines(61)) + get('/', ...lines(61), 'connection: close'));
  assert.deepEqual(
    answers(await batches.ended()).map(({ status }) => status),
    [200, 431],
  );
});

test('a sender of slow headers is ended in time, with an answer; so is one that sends nothing', async (t) => {
  const { port, counts } = await serveFor(t, routes, { limits: SMALL });
  const from = performance.now();
  const slow = await raw(t, port);
  const silent = await raw(t, port);
  slow.send('GET / HTTP/1.1\r\nhost: x\r\n');
  const drip = setInterval(() => slow.send('x-a: 1\r\n'), 50);
  t.after(() => clearInterval(drip));
  assert.deepEqual(refusal(await slow.ended()), [408, 'request_timeout', 'close']);
  assert.deepEqual(refusal(await silent.ended()), [408, 'request_timeout', 'close']);
  assert.ok(performance.now() - from < 5_000, `${Math.round(performance.now() - from)} ms`);
  assert.equal(counts().malformed, 2);
});

test('a sender of a slow body is ended in time, with an answer, and the handler with it', async (t) => {
  const server = await serveFor(t, routes, { limits: SMALL });
  const from = performance.now();
  const slow = await raw(t, server.port);
  slow.send('POST /json HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{');
  const drip = setInterval(() => slow.send(' '), 50);
  t.after(() => clearInterval(drip));
  assert.deepEqual(refusal(await slow.ended()), [408, 'request_timeout', 'close']);
  assert.ok(performance.now() - from < 8_000, `${Math.round(performance.now() - from)} ms`);
  await until('nothing is under way', () => server.counts().inflight === 0);
  assert.deepEqual(server.errors, []);
});

test('a connection that idles after its answer is ended', async (t) => {
  const { port } = await serveFor(t, routes, { limits: SMALL });
  const client = await raw(t, port);
  client.send(get('/'));
  await client.seen(/here$/);
  const from = performance.now();
  await client.ended();
  assert.ok(performance.now() - from < 6_000, `${Math.round(performance.now() - from)} ms`);
});

test('a client that leaves its answer lying is cut', async (t) => {
  const server = await serveFor(t, routes, { limits: { sendMs: 200 } });
  const socket = connect({ port: server.port, host: '127.0.0.1' });
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  socket.pause();
  socket.write(get('/large'));
  await until('it is cut', () => server.counts().answersUntaken === 1);
  await until('it is gone', () => server.counts().connections === 0);
  assert.deepEqual([server.access[0]?.complete, server.counts().inflight], [false, 0]);
});

test('an answer that had to wait for the one before has its own time to be taken', async (t) => {
  const release: (() => void)[] = [];
  const slow = route({
    method: 'GET',
    path: '/slow',
    responses: {},
    run: () => new Promise((resolve) => release.push(() => resolve(textReply(200, 'slow')))),
  });
  const server = await serveFor(t, [...routes, slow], { limits: { sendMs: 200 } });
  const socket = connect({ port: server.port, host: '127.0.0.1' });
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  socket.pause();
  socket.write(get('/slow') + get('/large'));
  await until('both are here', () => server.counts().inflight === 2);
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.equal(server.counts().answersUntaken, 0);
  release[0]?.();
  await until('it is cut', () => server.counts().answersUntaken === 1);
});

const SMUGGLED: readonly (readonly [what: string, request: string])[] = [
  ['two lengths', 'POST /any HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!'],
  [
    'a length and pieces',
    'POST /any HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  [
    'pieces that are not the last coding',
    'POST /any HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n',
  ],
  ['a length that is none', 'POST /any HTTP/1.1\r\nhost: x\r\ncontent-length: +5\r\n\r\nhello'],
  ['a space before the colon', 'GET / HTTP/1.1\r\nhost : x\r\n\r\n'],
  ['a folded header', 'GET / HTTP/1.1\r\nhost: x\r\nx-a: 1\r\n 2\r\n\r\n'],
  ['a bare line feed in a header', 'GET / HTTP/1.1\r\nhost: x\r\nx-a: 1\n\tcontent-length: 5\r\n\r\n'],
  ['a control in a header', 'GET / HTTP/1.1\r\nhost: x\r\nx-a: \0\r\n\r\n'],
  ['another protocol', 'PING\r\n'],
  ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
];
for (const [what, request] of SMUGGLED) {
  test(`${what} is refused, and ends the connection`, async (t) => {
    const { port } = await serveFor(t, routes);
    const before = ran;
    const client = await raw(t, port);
    client.send(request + get('/'));
    assert.deepEqual(refusal(await client.ended()), [400, 'bad_request', 'close']);
    assert.equal(ran, before);
  });
}

test('a body that breaks its own coding is answered, and what follows is not read', async (t) => {
  const { port } = await serveFor(t, routes);
  const client = await raw(t, port);
  client.send('POST /any HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n', get('/'));
  assert.deepEqual(refusal(await client.ended()), [400, 'bad_request', 'close']);
});

test('a host header is needed, once', async (t) => {
  const { port } = await serveFor(t, routes);
  for (const lines of ['', 'host: x\r\nHost: y\r\n']) {
    const client = await raw(t, port);
    client.send(`GET / HTTP/1.1\r\n${lines}connection: close\r\n\r\n`);
    assert.deepEqual(refusal(await client.ended()), [400, 'bad_request', 'close']);
  }
  const old = await raw(t, port);
  old.send('GET / HTTP/1.0\r\n\r\n');
  assert.equal(answers(await old.ended())[0]?.body, 'here');
});

test('over the number of requests under way it is 503 with a time to come back, and 200 again after', async (t) => {
  const { port, url, counts } = await serveFor(t, routes, { limits: { inflight: 2 } });
  const waiting = [await raw(t, port), await raw(t, port)];
  for (const client of waiting) client.send(get('/waits'));
  await until('both wait', () => counts().inflight === 2);
  const refused = await fetch(`${url}/`);
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1']);
  const { code, retryable } = await problemOf(refused);
  assert.deepEqual([code, retryable], ['overloaded', true]);
  for (const client of waiting) client.socket.destroy();
  await until('they are gone', () => counts().inflight === 0);
  assert.equal((await fetch(`${url}/`)).status, 200);
});

test('one connection cannot fill the server by sending without end before it has answers', async (t) => {
  const { port, counts } = await serveFor(t, routes, { limits: { pipelined: 3 } });
  const client = await raw(t, port);
  client.send(get('/waits') + get('/').repeat(2_000));
  await until('some are here', () => counts().requests > 3);
  client.send(get('/').repeat(2_000));
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual([counts().requests, counts().inflight], [4, 4]);
  client.send('x'.repeat(20_000_000));
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.ok(client.socket.writableLength > 0, 'it is not even read');
});

test('one request too many on a connection is 429, and its last', async (t) => {
  const release: (() => void)[] = [];
  const slow = route({
    method: 'GET',
    path: '/slow',
    responses: {},
    run: () => new Promise((resolve) => release.push(() => resolve(textReply(200, 'slow')))),
  });
  const { port } = await serveFor(t, [slow], { limits: { pipelined: 2 } });
  const client = await raw(t, port);
  client.send(get('/slow').repeat(5));
  await until('two wait', () => release.length === 2);
  for (const each of release) each();
  const found = answers(await client.ended());
  assert.deepEqual(
    found.map(({ status }) => status),
    [200, 200, 429],
  );
  assert.deepEqual([found[2]?.headers['retry-after'], found[2]?.headers.connection], ['1', 'close']);
});

test('connections beyond the limit are closed at once, and counted', async (t) => {
  const { port, url, counts } = await serveFor(t, routes, { limits: { connections: 2, headersMs: 5_000 } });
  const kept = [await raw(t, port), await raw(t, port)];
  const third = await raw(t, port);
  assert.equal(await third.ended(), '');
  await until('it is counted', () => counts().connectionsDropped === 1);
  kept[0]?.socket.destroy();
  await until('there is room', () => counts().connections === 1);
  assert.equal((await fetch(`${url}/`, { headers: { connection: 'close' } })).status, 200);
});

test('500 connections that idle keep nobody from being answered, and end in their time', async (t) => {
  const { port, url, counts } = await serveFor(t, routes, {
    limits: { idleMs: 1_500, headersMs: 2_000, requestMs: 2_000 },
  });
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (let at = 0; at < 500; at += 1) {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.resume();
    // Half of them asked something once.
    if (at % 2 === 0) socket.write(get('/'));
    sockets.push(socket);
  }
  await until('all are there', () => counts().connections === 500);
  const from = performance.now();
  assert.equal((await fetch(`${url}/`, { headers: { connection: 'close' } })).status, 200);
  assert.ok(performance.now() - from < 2_000);
  await until('all are gone', () => counts().connections === 0, 15_000);
});

test('limits that make no sense are refused in words', () => {
  assert.throws(() => limitsOf({ inflight: 0 }), { code: 'input_invalid', message: /inflight is 0/ });
  assert.throws(() => limitsOf({ bodyBytes: 1.5 }), { code: 'input_invalid', message: /bodyBytes is 1\.5/ });
  assert.throws(() => limitsOf({ headersMs: 20_000 }), { code: 'input_invalid', message: /longer than requestMs/ });
});
