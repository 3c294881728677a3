import assert from 'node:assert/strict';
import { get as secureGet } from 'node:https';
import { type TestContext, test } from 'node:test';
import { HeddleError } from '../../src/errors.ts';
import { HTTP_PROBLEMS, problem, problemsOf } from '../../src/http/problem.ts';
import { jsonReply, type Route, route, textReply } from '../../src/http/route.ts';
import { serve } from '../../src/http/serve.ts';
import { NO_ANSWER } from '../../src/http/service.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { newAuthority } from '../helpers/tls.ts';
import { answers, get, problemOf, raw, serveFor, until } from './raw.ts';

noLeaks();

const own = problemsOf({ nobody_listens: { status: 503, retryable: true } });
const OK = { 200: { description: 'done' } };
const routes: readonly Route[] = [
  route({ method: 'GET', path: '/state', responses: OK, run: () => jsonReply(200, { ok: true }) }),
  route({
    method: 'GET',
    path: '/text',
    responses: OK,
    run: () => textReply(200, 'größe\n', { 'cache-control': 'max-age=5' }),
  }),
  route({
    method: 'GET',
    path: '/bytes',
    responses: OK,
    run: () => ({ status: 200, type: 'application/octet-stream', body: new Uint8Array([0, 255]) }),
  }),
  route({ method: 'DELETE', path: '/items/{id}', responses: {}, run: () => ({ status: 204 }) }),
  route({
    method: 'GET',
    path: '/items/{id}',
    responses: OK,
    run: async ({ params, query, requestId, method, remote, principal }) =>
      jsonReply(200, {
        id: params.id,
        q: query.getAll('q'),
        requestId,
        method,
        remote,
        known: principal !== undefined,
      }),
  }),
  route({
    method: 'GET',
    path: '/throws',
    responses: {},
    run: () => {
      throw new Error('secret inside');
    },
  }),
  route({
    method: 'GET',
    path: '/rejects',
    responses: {},
    run: async () => {
      throw new TypeError('secret inside');
    },
  }),
  route({
    method: 'GET',
    path: '/bad-header',
    responses: {},
    run: () => textReply(200, 'x', { 'x-a': 'a\r\nset-cookie: b=1' }),
  }),
  route({
    method: 'GET',
    path: '/known',
    responses: {},
    run: () => {
      throw own('nobody_listens', {
        detail: 'no worker takes this',
        hint: 'Start one.',
        retryAfterS: 7,
        errors: [{ pointer: '/a', problem: 'absent' }],
      });
    },
  }),
];
const ask = async (t: TestContext, path: string, init?: RequestInit): Promise<Response> =>
  await fetch(`${(await serveFor(t, routes)).url}${path}`, init);

test('JSON, text and bytes arrive as they are, with their lengths', async (t) => {
  const state = await ask(t, '/state');
  assert.deepEqual(
    [state.status, state.headers.get('content-type'), await state.json()],
    [200, 'application/json', { ok: true }],
  );
  const text = await ask(t, '/text');
  assert.deepEqual([text.headers.get('content-length'), await text.text()], ['8', 'größe\n']);
  const bytes = await ask(t, '/bytes');
  assert.deepEqual([...new Uint8Array(await bytes.arrayBuffer())], [0, 255]);
});

test('every answer says that it is not to be guessed at or kept, unless its route says otherwise', async (t) => {
  for (const path of ['/state', '/nothing', '/throws']) {
    const { headers } = await ask(t, path);
    assert.deepEqual(
      [headers.get('x-content-type-options'), headers.get('cache-control')],
      ['nosniff', 'no-store'],
      path,
    );
  }
  assert.equal((await ask(t, '/text')).headers.get('cache-control'), 'max-age=5');
});

test('a route sees its parameters, its query and who asks', async (t) => {
  const response = await ask(t, '/items/a%20b?q=1&q=%2B&x', { headers: { 'heddle-request-id': 'req-1.x' } });
  assert.deepEqual(await response.json(), {
    id: 'a b',
    q: ['1', '+'],
    requestId: 'req-1.x',
    method: 'GET',
    remote: '127.0.0.1',
    known: false,
  });
});

test('a request id is taken over when it is well-formed, and replaced otherwise', async (t) => {
  const { url, port } = await serveFor(t, routes);
  const idOf = async (id: string): Promise<string | null> =>
    (await fetch(`${url}/nothing`, { headers: { 'heddle-request-id': id } })).headers.get('heddle-request-id');
  assert.equal(await idOf('A-z_0.9:~'), 'A-z_0.9:~');
  for (const id of ['', 'a b', 'a"b', 'x'.repeat(129)]) {
    assert.match((await idOf(id)) ?? '', /^[0-9a-f]{8}-[0-9a-f-]{27}$/, id);
  }
  const client = await raw(t, port);
  client.send(get('/state', 'Heddle-Request-Id: one', 'heddle-request-id: two', 'connection: close'));
  assert.match(answers(await client.ended())[0]?.headers['heddle-request-id'] ?? '', /^[0-9a-f-]{36}$/);
});

test('HEAD answers as GET does, without the body', async (t) => {
  const { port } = await serveFor(t, routes);
  const client = await raw(t, port);
  client.send(`HEAD /text HTTP/1.1\r\nhost: x\r\n\r\n${get('/state', 'connection: close')}`);
  const [head, state] = answers(await client.ended(), [0]);
  assert.deepEqual([head?.status, head?.headers['content-length'], head?.body], [200, '8', '']);
  assert.equal(state?.body, '{"ok":true}');
});

test('another method is 405 with what is possible, OPTIONS tells the same, and a path that is not there is 404', async (t) => {
  const { url } = await serveFor(t, routes);
  const wrong = await fetch(`${url}/items/1`, { method: 'POST', body: 'x' });
  assert.deepEqual([wrong.status, wrong.headers.get('allow')], [405, 'DELETE, GET, HEAD, OPTIONS']);
  assert.equal((await problemOf(wrong)).code, 'method_not_allowed');
  const options = await fetch(`${url}/items/1`, { method: 'OPTIONS' });
  assert.deepEqual(
    [options.status, options.headers.get('allow'), await options.text()],
    [204, 'DELETE, GET, HEAD, OPTIONS', ''],
  );
  assert.equal(options.headers.get('content-length'), null);
  const nowhere = await fetch(`${url}/items`);
  assert.deepEqual([nowhere.status, (await problemOf(nowhere)).code], [404, 'not_found']);
  const undecodable = await fetch(`${url}/items/%ff`);
  assert.deepEqual([undecodable.status, (await problemOf(undecodable)).code], [400, 'invalid_path']);
  assert.equal((await fetch(`${url}/items/1`, { method: 'DELETE' })).status, 204);
});

test('who serves may answer in his own words where no route does', async (t) => {
  const seen: unknown[] = [];
  const { url } = await serveFor(t, routes, {
    unanswered: (what) => {
      seen.push(what);
      return textReply(what.allow === undefined ? 404 : 405, 'not here\n');
    },
  });
  assert.equal(await (await fetch(`${url}/nothing?a=1`)).text(), 'not here\n');
  assert.equal((await fetch(`${url}/state`, { method: 'OPTIONS' })).status, 405);
  assert.deepEqual(seen, [
    { method: 'GET', path: '/nothing', allow: undefined },
    { method: 'OPTIONS', path: '/state', allow: 'GET, HEAD, OPTIONS' },
  ]);
});

test('a problem is a document of RFC 9457 with a stable code, and the headers that go with it', async (t) => {
  const response = await ask(t, '/known', { headers: { 'heddle-request-id': 'r-9' } });
  assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '7']);
  assert.deepEqual(await problemOf(response), {
    type: 'about:blank',
    title: 'Service Unavailable',
    status: 503,
    code: 'nobody_listens',
    detail: 'no worker takes this',
    hint: 'Start one.',
    errors: [{ pointer: '/a', detail: 'absent' }],
    retryable: true,
    request_id: 'r-9',
  });
});

test('what a route throws is reported here, and none of its words leave', async (t) => {
  const server = await serveFor(t, routes);
  for (const path of ['/throws', '/rejects', '/bad-header']) {
    const response = await fetch(`${server.url}${path}`);
    const text = await response.clone().text();
    assert.deepEqual([response.status, (await problemOf(response)).code], [500, 'internal'], path);
    assert.doesNotMatch(text, /secret|inside|stack|\.ts|TypeError/);
    assert.equal(response.headers.get('set-cookie'), null);
  }
  assert.deepEqual(
    server.errors.map((error) => (error as Error).message.slice(0, 13)),
    ['secret inside', 'secret inside', 'Invalid chara'],
  );
});

test('a problem is told with its code, and what is behind it to who runs the server alone', async (t) => {
  const behind = (code: 'overloaded' | 'bad_request') =>
    route({
      method: 'GET',
      path: `/${code}`,
      responses: {},
      run: () => {
        throw problem(code, { detail: 'not now', cause: new HeddleError('store_failed', 'the store is full') });
      },
    });
  const server = await serveFor(t, [behind('overloaded'), behind('bad_request')]);
  const shown = await (await fetch(`${server.url}/overloaded`)).text();
  assert.doesNotMatch(shown, /full/);
  await (await fetch(`${server.url}/bad_request`)).text();
  await until('both are told', () => server.access.length === 2);
  assert.deepEqual(
    server.access.map(({ problem: code, reason }) => [code, reason]),
    [
      ['overloaded', 'the store is full'],
      ['bad_request', undefined],
    ],
  );
});

test('a listener that throws costs nothing', async (t) => {
  const fail = (): never => {
    throw new Error('the log is full');
  };
  const server = await serveFor(t, routes, { onAccess: fail, onError: fail });
  assert.equal((await fetch(`${server.url}/state`)).status, 200);
  assert.equal((await fetch(`${server.url}/throws`)).status, 500);
});

test('the codes of the server are a closed list, each with its status', () => {
  for (const [code, { status, retryable }] of Object.entries(HTTP_PROBLEMS)) {
    assert.match(code, /^[a-z]+(_[a-z]+)*$/);
    assert.ok(status >= 400 && status < 600);
    assert.equal(retryable, [408, 429, 503].includes(status), code);
  }
  assert.equal(problem('not_found').status, 404);
});

test('each answer is told once, with its route, status, time and size', async (t) => {
  const server = await serveFor(t, routes);
  await (await fetch(`${server.url}/items/7?secret=1`, { headers: { 'heddle-request-id': 'a-1' } })).text();
  await (await fetch(`${server.url}/nothing`)).text();
  await fetch(`${server.url}/state`, { method: 'HEAD' });
  await until('all are told', () => server.access.length === 3);
  const [found, lost, head] = server.access;
  assert.ok(found !== undefined && found.ms >= 0 && found.ms < 10_000);
  assert.deepEqual(
    { ...found, ms: 0, bytes: 0 },
    {
      requestId: 'a-1',
      method: 'GET',
      route: '/items/{id}',
      status: 200,
      ms: 0,
      bytes: 0,
      complete: true,
      remote: '127.0.0.1',
      principal: undefined,
      problem: undefined,
      reason: undefined,
    },
  );
  assert.ok(found.bytes > 50);
  assert.deepEqual([lost?.route, lost?.status, lost?.problem, lost?.reason], [undefined, 404, 'not_found', undefined]);
  assert.deepEqual([head?.route, head?.bytes], ['/state', 0]);
  assert.doesNotMatch(JSON.stringify(server.access), /secret/);
  assert.deepEqual([server.counts().requests, server.counts().inflight], [3, 0]);
});

test('a client that leaves is told to the handler, and no answer is tried', async (t) => {
  const seen: string[] = [];
  const server = await serveFor(t, [
    route({
      method: 'GET',
      path: '/waits',
      responses: {},
      run: async (context) => {
        const { signal } = context;
        seen.push('began');
        const undo = context.onLeft(() => seen.push('undone'));
        context.onLeft(() => seen.push('left'));
        undo();
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        seen.push(String(signal.reason));
        throw signal.reason;
      },
    }),
  ]);
  const client = await raw(t, server.port);
  client.send(get('/waits'));
  await until('it began', () => seen.length === 1);
  client.socket.destroy();
  await until('it ended', () => seen.length === 3);
  assert.deepEqual(seen, ['began', 'left', 'Error: the client left']);
  await until('it is told', () => server.access.length === 1);
  // It had no answer, so nothing that an answer would have is told of it.
  assert.deepEqual([server.access[0]?.complete, server.access[0]?.status], [false, NO_ANSWER]);
  assert.deepEqual([server.errors, server.counts().inflight], [[], 0]);
});

test('a client that ends its side has left, too', async (t) => {
  let aborted = false;
  const server = await serveFor(t, [
    route({
      method: 'GET',
      path: '/waits',
      responses: {},
      run: ({ signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            resolve(textReply(200, 'late'));
          });
        }),
    }),
  ]);
  const client = await raw(t, server.port);
  client.send(get('/waits'));
  await until('it waits', () => server.counts().inflight === 1);
  client.socket.end();
  await client.ended();
  assert.equal(client.text(), '');
  assert.ok(aborted);
});

test('a request and its end in one packet is answered all the same', async (t) => {
  const { port } = await serveFor(t, routes);
  const client = await raw(t, port);
  client.socket.end(get('/state'));
  assert.equal(answers(await client.ended())[0]?.body, '{"ok":true}');
});

test('pipelined requests are answered in their order, whichever is ready first', async (t) => {
  const release: (() => void)[] = [];
  const { port } = await serveFor(t, [
    ...routes,
    route({
      method: 'GET',
      path: '/slow',
      responses: {},
      run: () => new Promise((resolve) => release.push(() => resolve(textReply(200, 'slow')))),
    }),
  ]);
  const client = await raw(t, port);
  client.send(get('/slow') + get('/state') + get('/nothing', 'connection: close'));
  await until('the first waits', () => release.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(client.text(), '');
  release[0]?.();
  assert.deepEqual(
    answers(await client.ended()).map(({ status, body }) => [status, body.slice(0, 11)]),
    [
      [200, 'slow'],
      [200, '{"ok":true}'],
      [404, '{"type":"ab'],
    ],
  );
});

test('a target that is no path is refused; one with scheme and authority counts by its path', async (t) => {
  const { port } = await serveFor(t, routes);
  const client = await raw(t, port);
  client.send(get('http://elsewhere/state') + get('*', 'connection: close'));
  assert.deepEqual(
    answers(await client.ended()).map(({ status }) => status),
    [200, 400],
  );
});

test('the same over TLS; a certificate that is none is an error in words', async (t) => {
  const authority = newAuthority('tests');
  const tls = authority.issue({ name: 'here', hosts: ['127.0.0.1'] });
  const { url } = await serveFor(t, routes, { tls });
  assert.match(url, /^https:\/\/127\.0\.0\.1:\d+$/);
  const body = await new Promise<string>((resolve, reject) => {
    const request = secureGet(`${url}/state`, { ca: authority.cert, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve(text));
    });
    request.on('error', reject);
  });
  assert.equal(body, '{"ok":true}');
  await assert.rejects(serve({ host: '127.0.0.1', port: 0, tls: { cert: 'x', key: 'y' } }, []), {
    code: 'settings_invalid',
    message: /^the certificate and its key cannot be used: /,
  });
});

test('a port that is taken is told in words, without advice about flags', async (t) => {
  const { port } = await serveFor(t, []);
  await assert.rejects(serve({ host: '127.0.0.1', port }, []), {
    code: 'usage',
    message: `cannot serve on 127.0.0.1:${port}: the port is taken`,
    hint: undefined,
  });
});
