import assert from 'node:assert/strict';
import { connect as dial, type Socket } from 'node:net';
import { test } from 'node:test';
import { BUSES } from '../helpers/buses.ts';
import { gather } from '../helpers/gather.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { answers, get, post, raw, until } from '../http/raw.ts';
import { SIGNINGS, type Signing } from './signed.ts';
import { startGateway, type TestGateway } from './start.ts';

noLeaks();

// What the http room holds for any server (test/http) is held here for this one, with the bus listening.

const BUS = BUSES[0]!;
const { verify, env } = SIGNINGS.github as Signing;
const TEXT = `listen: 127.0.0.1:0\nlimits: {body_bytes: 2048}\nwebhooks: {w: {verify: ${verify}}}\n`;
const portOf = ({ url }: TestGateway): number => Number(new URL(url).port);
const TASK = '{"worker_type":"echo","payload":{}}';

test('a body over the limit is refused before it is read, announced or not', async (t) => {
  const { connect } = await BUS.start(t);
  const seen = await gather(await connect(), 'heddle.>');
  const gateway = await startGateway(t, await connect(), TEXT, { env });
  for (const path of ['/v1/tasks', '/webhooks/w']) {
    const announced = await raw(t, portOf(gateway));
    announced.send(
      `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99999999\r\n\r\n`,
    );
    assert.match(await announced.seen(/HTTP\/1\.1 \d+/), /^HTTP\/1\.1 413/);
    const chunked = await raw(t, portOf(gateway));
    chunked.send(
      `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`,
    );
    chunked.send(`1000\r\n${'x'.repeat(0x1000)}\r\n`);
    assert.match(await chunked.seen(/HTTP\/1\.1 \d+/), /^HTTP\/1\.1 413/);
  }
  assert.deepEqual(seen.messages, []);
});

test('requests that cannot be meant: lengths, headers, paths, methods', async (t) => {
  const { connect } = await BUS.start(t);
  const seen = await gather(await connect(), 'heddle.>');
  const gateway = await startGateway(t, await connect(), TEXT, { env });
  const own = ['host: x', 'content-type: application/json'];
  const requests: readonly (readonly [what: string, request: string, status: RegExp])[] = [
    [
      'two lengths',
      ['POST /v1/tasks HTTP/1.1', ...own, 'content-length: 5', `content-length: ${TASK.length}`, '', TASK].join('\r\n'),
      /^400$/,
    ],
    [
      'a length and pieces',
      ['POST /v1/tasks HTTP/1.1', ...own, 'content-length: 5', 'transfer-encoding: chunked', '', '0', '', ''].join(
        '\r\n',
      ),
      /^400$/,
    ],
    ['huge headers', get('/livez', `x: ${'y'.repeat(20_000)}`), /^431$/],
    ['many headers', get('/livez', ...Array.from({ length: 200 }, (_, at) => `x-${at}: y`)), /^431$/],
    ['no host', 'GET /livez HTTP/1.1\r\n\r\n', /^400$/],
    ['a path with dots', get('/webhooks/../v1/tasks', 'connection: close'), /^404$/],
    ['a path with an escaped slash', get('/v1/requests/a%2Fb', 'connection: close'), /^404$/],
    ['a path that cannot be decoded', get('/v1/requests/%ff', 'connection: close'), /^400$/],
    ['two slashes', get('//v1/tasks', 'connection: close'), /^404$/],
    ['an unknown method', 'BREW /v1/tasks HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', /^(400|405)$/],
    ['no HTTP', 'hello\r\n\r\n', /^400$/],
    ['another protocol', '\x16\x03\x01\x02\x00\x01\x00', /^400$/],
    [
      'a compressed body',
      [
        'POST /v1/tasks HTTP/1.1',
        ...own,
        'content-encoding: gzip',
        'content-length: 2',
        'connection: close',
        '',
        '{}',
      ].join('\r\n'),
      /^415$/,
    ],
  ];
  for (const [what, request, status] of requests) {
    const client = await raw(t, portOf(gateway));
    client.send(request);
    const [first] = answers(await client.ended());
    assert.match(String(first?.status), status, what);
    assert.equal(JSON.parse(first?.body ?? '').request_id, first?.headers['heddle-request-id'], what);
  }
  assert.deepEqual(seen.messages, []);
  assert.equal((await gateway.ask('/livez')).status, 200);
});

test('slow heads and slow bodies end in time, and hold up nobody', async (t) => {
  const { connect } = await BUS.start(t);
  const gateway = await startGateway(t, await connect(), TEXT, { env });
  const head = await raw(t, portOf(gateway));
  head.send('GET /livez HT');
  const body = await raw(t, portOf(gateway));
  body.send(post('/v1/tasks', TASK).slice(0, -5));
  assert.equal((await gateway.ask('/livez')).status, 200);
  assert.match(await head.ended(), /^HTTP\/1\.1 408/);
  assert.match(await body.ended(), /^HTTP\/1\.1 408/);
});

test('five hundred connections on which nothing happens cost others nothing, and end', async (t) => {
  const { connect } = await BUS.start(t);
  const gateway = await startGateway(t, await connect(), TEXT, { env });
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  let closed = 0;
  for (let at = 0; at < 500; at += 1) {
    const socket = dial(portOf(gateway), '127.0.0.1');
    socket.on('error', () => {});
    socket.on('close', () => {
      closed += 1;
    });
    sockets.push(socket.resume());
  }
  await until('they are open', () => gateway.counts().connections >= 500);
  const from = performance.now();
  assert.equal((await gateway.ask('/livez')).status, 200);
  assert.ok(performance.now() - from < 2_000);
  await until('they are closed', () => closed === 500);
});

test('nothing that a client names becomes a subject', async (t) => {
  const { connect } = await BUS.start(t);
  const seen = await gather(await connect(), 'heddle.>');
  const gateway = await startGateway(t, await connect(), TEXT, { env });
  const evil = ['a.b', '>', '*', 'a b', 'a\r\nPUB x 1\r\ny', '', '\u0000', 'x'.repeat(200), '../x', 'é'];
  for (const name of evil) {
    const json = {
      worker_type: name,
      payload: {},
      model_tier: name,
      request_id: name,
      metadata: { _trace_context: name },
    };
    const response = await gateway.ask('/v1/tasks', { json });
    assert.equal(response.status, 422, JSON.stringify(name));
    for (const path of ['webhooks', 'v1/requests']) {
      const found = await gateway.ask(`/${path}/${encodeURIComponent(name)}`, path === 'webhooks' ? { json: {} } : {});
      assert.ok([401, 404, 405].includes(found.status), `${path} ${JSON.stringify(name)}: ${found.status}`);
    }
  }
  for (const header of ['x y', 'a.b', '>']) {
    const response = await gateway.ask('/v1/tasks', {
      json: JSON.parse(TASK),
      headers: { 'idempotency-key': header, traceparent: header },
    });
    assert.equal(response.status, 503, 'nobody listens');
  }
  assert.deepEqual(seen.messages, []);
});
