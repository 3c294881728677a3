import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect as connectSocket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createFakeClock, type FakeClock } from '../../src/time/fake-clock.ts';
import { BUSES } from '../helpers/buses.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { problemOf, until } from '../http/raw.ts';
import { claims, jwks, keyOf, token } from './issuer.ts';
import { bodyOf, startGateway, type TestGateway, TOKEN } from './start.ts';

noLeaks();

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly raw: readonly string[];
  readonly body: string;
}

type Behave = (request: IncomingMessage, response: ServerResponse) => void;

const key = keyOf('k', 'EdDSA');
const own = { authorization: `Bearer ${TOKEN}` };

async function behind(
  t: TestContext,
  behave?: Behave,
  clock?: FakeClock,
): Promise<{ gateway: TestGateway; seen: Seen[]; asked: IncomingMessage[] }> {
  const seen: Seen[] = [];
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    if (behave !== undefined) return behave(request, response);
    let body = '';
    request.on('data', (part) => {
      body += String(part);
    });
    request.on('end', () => {
      const { method = '', url = '', headers, rawHeaders } = request;
      seen.push({ method, url, headers, raw: rawHeaders, body });
      response.writeHead(207, {
        'x-own': 'yes',
        'set-cookie': ['a=1', 'b=2'],
        connection: 'x-hop',
        'x-hop': 'no',
        'content-type': 'text/x',
      });
      response.end(`answer to ${body}`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const text = `auth: {tokens: [{id: ci, env: T, scopes: [submit]}, {id: deaf, env: D, scopes: [events]}], oidc: {issuer: "https://id.example.com/", audience: spa, jwks: "file:keys.json"}, allow_query_token: true}
proxy: [{prefix: /noetl, target: "http://127.0.0.1:${(server.address() as AddressInfo).port}/api", user_headers: {id: x-user-id, email: x-user-email, name: x-user-name}, body_bytes: 1000000, timeout_s: 5}]
`;
  const gateway = await startGateway(t, await connect(), text, {
    env: { T: TOKEN, D: 'a-token-without-this-scope' },
    files: { 'keys.json': jwks(key) },
    ...(clock && { clock }),
  });
  return { gateway, seen, asked };
}

test('a request is handed on with who asks, and its answer comes back', async (t) => {
  const { gateway, seen } = await behind(t);
  const { session_token: shown } = await bodyOf(
    await gateway.ask('/api/auth/login', { json: { id_token: token(key, claims(Date.now(), { name: 'Ada Größe' })) } }),
  );
  const response = await gateway.ask(`/noetl/a%20b/c?x=1&session_token=${shown}&y=%2F`, {
    method: 'PUT',
    body: 'ü',
    headers: {
      authorization: `Bearer ${shown}`,
      cookie: `session_token=${shown}; theirs=1`,
      'x-session-token': String(shown),
      'content-type': 'text/x',
      'x-user-id': 'admin',
      x_user_id: 'admin',
      'X-User_Email': 'admin@example.com',
      'x.user.email': 'admin@example.com',
      x_forwarded_for: '1.2.3.4',
      'x-forwarded_host': 'evil.example.com',
      transfer_encoding: 'chunked',
      'x-original-url': '/admin',
      'x-forwarded-for': '1.2.3.4',
      forwarded: 'for=1.2.3.4',
      'x-real-ip': '1.2.3.4',
      'x-passed': 'yes',
      te: 'trailers',
    },
  });
  assert.equal(response.status, 207);
  assert.equal(await response.text(), 'answer to ü');
  assert.deepEqual(
    ['x-own', 'x-hop', 'content-type', 'x-content-type-options'].map((name) => response.headers.get(name)),
    ['yes', null, 'text/x', 'nosniff'],
  );
  assert.deepEqual(response.headers.getSetCookie(), ['a=1', 'b=2']);
  const { method, url, headers } = seen[0] ?? assert.fail();
  assert.deepEqual([method, url], ['PUT', '/api/a%20b/c?x=1&y=%2F']);
  assert.deepEqual(
    [
      'x-user-id',
      'x-user-email',
      'x-user-name',
      'x_user_id',
      'x-user_email',
      'x.user.email',
      'x_forwarded_for',
      'x-forwarded_host',
      'transfer_encoding',
      'x-original-url',
      'cookie',
      'authorization',
      'x-session-token',
      'x-passed',
      'te',
      'forwarded',
      'x-real-ip',
      'x-forwarded-for',
      'content-length',
      'transfer-encoding',
    ].map((name) => headers[name]),
    [
      'auth0|7',
      'ada@example.com',
      encodeURIComponent('Ada Größe'),
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      'theirs=1',
      undefined,
      undefined,
      'yes',
      undefined,
      undefined,
      undefined,
      '127.0.0.1',
      '2',
      undefined,
    ],
  );
  assert.ok(!JSON.stringify(seen).includes(String(shown)));
  await gateway.ask('/noetl/x', { headers: { ...own, 'x-user-email': 'forged@example.com' } });
  assert.deepEqual([seen[1]?.headers['x-user-id'], seen[1]?.headers['x-user-email']], ['ci', undefined]);
  assert.equal(
    (await gateway.ask('/noetl/x', { headers: { authorization: 'Bearer a-token-without-this-scope' } })).status,
    403,
  );
  assert.equal((await gateway.ask('/noetl/x')).status, 401);
  assert.equal(seen.length, 2);
});

test('nobody reaches another host, climbs out of the path, or smuggles a second request', async (t) => {
  const { gateway, seen } = await behind(t);
  const { port, host } = new URL(gateway.url);
  const raw = async (text: string): Promise<string> => {
    const socket = connectSocket(Number(port), '127.0.0.1');
    let answer = '';
    socket.on('data', (part) => {
      answer += String(part);
    });
    socket.on('error', () => {});
    socket.end(text);
    await once(socket, 'close');
    return answer;
  };
  const head = `host: ${host}\r\nauthorization: Bearer ${TOKEN}\r\n`;
  for (const path of [
    '/noetl/../admin',
    '/noetl/%2e%2e/admin',
    '/noetl/%252e%252e/admin',
    '/noetl/a%2f..%2f..%2fadmin',
    '/noetl/a\\..\\b',
    '/noetl/%5c..%5c',
    '/noetl/%0d%0ax',
    '/noetl/.',
    '/noetl/..;/admin',
    '/noetl/..;x=1/admin',
    '/noetl/%2e.%3b/admin',
    '/noetl/x#y',
    '/noetl/x?y#z',
  ]) {
    const answer = await raw(`GET ${path} HTTP/1.1\r\n${head}connection: close\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 400 /, path);
  }
  for (const target of ['http://evil.example.com/noetl/x', '/noetl//evil.example.com/x', '/noetl/@evil.example.com']) {
    await raw(`GET ${target} HTTP/1.1\r\n${head}connection: close\r\n\r\n`);
  }
  assert.deepEqual(
    seen.map(({ url }) => url),
    ['/api/x', '/api//evil.example.com/x', '/api/@evil.example.com'],
  );
  assert.ok(seen.every(({ headers }) => String(headers.host).startsWith('127.0.0.1:')));
  const count = seen.length;
  const smuggled = 'GET /noetl/smuggled HTTP/1.1\r\nhost: x\r\n\r\n';
  for (const framing of [
    `content-length: ${smuggled.length}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `content-length: 0\r\ncontent-length: ${smuggled.length}\r\n\r\n${smuggled}`,
    `transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    `transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`,
    `transfer-encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `x: a\r\n b\r\ncontent-length: +${smuggled.length}\r\n\r\n${smuggled}`,
  ]) {
    const answer = await raw(`POST /noetl/x HTTP/1.1\r\n${head}${framing}`);
    assert.match(answer, /^HTTP\/1\.1 400 /, framing);
  }
  assert.equal(seen.length, count, 'nothing of it was handed on');
  const upgrade = await raw(
    `GET /noetl/ws HTTP/1.1\r\n${head}connection: upgrade, x-user-id\r\nupgrade: websocket\r\nx-user-id: admin\r\n\r\n`,
  );
  assert.ok(!upgrade.startsWith('HTTP/1.1 101'));
  for (const { headers } of seen.slice(count))
    assert.deepEqual([headers.upgrade, headers['x-user-id']], [undefined, 'ci']);
});

test('both sides flow as fast as the other takes it, within bounds', async (t) => {
  let sent = 0;
  const { gateway, asked } = await behind(t, (request, response) => {
    if (request.method === 'POST') return void request.pause();
    const part = Buffer.alloc(64 * 1024, 'x');
    response.writeHead(200);
    const more = (): void => {
      while (sent < 200_000_000) {
        sent += part.length;
        if (!response.write(part)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  });
  const { port } = new URL(gateway.url);
  const slow = connectSocket(Number(port), '127.0.0.1');
  slow.on('error', () => {});
  slow.pause();
  slow.write(`GET /noetl/large HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\n\r\n`);
  for (let before = -1; sent === 0 || sent !== before; ) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  assert.ok(sent < 40_000_000, `${sent} bytes were taken from the server behind for a client that reads none`);
  slow.destroy();
  await until('what is behind is let go', () => asked[0]?.destroyed === true || asked[0]?.socket.destroyed === true);
  const large = await gateway.ask('/noetl/x', { method: 'POST', body: Buffer.alloc(1_000_001), headers: own });
  assert.deepEqual([large.status, (await problemOf(large)).code], [413, 'body_too_large']);
  const pieces = new ReadableStream({
    start: (controller) => {
      for (let at = 0; at < 20; at += 1) controller.enqueue(Buffer.alloc(100_000));
      controller.close();
    },
  });
  const chunked = await fetch(`${gateway.url}/noetl/x`, {
    method: 'POST',
    body: pieces,
    headers: own,
    duplex: 'half',
  } as RequestInit);
  assert.equal(chunked.status, 413);
});

test('a server behind that is silent, away, or breaks off', async (t) => {
  const clock = createFakeClock();
  const { gateway, asked } = await behind(
    t,
    (request, response) => {
      if (request.url?.endsWith('/broken') === true) {
        response.writeHead(200, { 'content-length': '100' });
        response.write('half');
        setTimeout(() => response.destroy(), 20);
      } else if (request.url?.endsWith('/rude') === true) request.socket.destroy();
    },
    clock,
  );
  const silent = gateway.ask('/noetl/silent', { headers: own });
  await until('it is asked', () => asked.length === 1);
  await clock.advance(5_100);
  const late = await silent;
  assert.deepEqual([late.status, (await problemOf(late)).code], [504, 'upstream_timeout']);
  const rude = await gateway.ask('/noetl/rude', { headers: own });
  assert.deepEqual([rude.status, (await problemOf(rude)).code], [502, 'upstream_failed']);
  const broken = await gateway.ask('/noetl/broken', { headers: own });
  await assert.rejects(broken.text(), 'half an answer is not taken for a whole one');
});
