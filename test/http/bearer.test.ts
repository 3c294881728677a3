import assert from 'node:assert/strict';
import { timingSafeEqual } from 'node:crypto';
import { test } from 'node:test';
import { bearerOf, type Token, tokenHolders } from '../../src/http/bearer.ts';
import { jsonReply, type Route, route } from '../../src/http/route.ts';
import { serve } from '../../src/http/serve.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { problemOf, serveFor } from './raw.ts';

noLeaks();

const TOKENS: readonly Token[] = [
  { name: 'ci', secret: 'ci-secret-0123456789', scopes: ['submit', 'work:ocr'] },
  { name: 'reader', secret: 'reader-secret-0123456789', scopes: ['events'] },
  { name: 'admin', secret: 'admin-secret-0123456789', scopes: ['submit', 'events', 'admin'] },
];

let ran = 0;
const routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/open',
    responses: {},
    run: ({ principal }) => jsonReply(200, principal?.name ?? null),
  }),
  route({
    method: 'POST',
    path: '/tasks',
    scope: 'submit',
    responses: {},
    run: ({ principal }) => {
      ran += 1;
      return jsonReply(200, { name: principal?.name, scopes: [...(principal?.scopes ?? [])] });
    },
  }),
  route({
    method: 'POST',
    path: '/work/{type}',
    scope: 'submit',
    responses: {},
    run: (context) => {
      context.requireScope(`work:${context.params.type}`);
      return jsonReply(200, 'taken');
    },
  }),
];

test('every token is compared, whichever is right and wherever it differs', () => {
  const compared: [number, number][] = [];
  const holder = tokenHolders(TOKENS, (one, other) => {
    compared.push([one.length, other.length]);
    return timingSafeEqual(one, other);
  });
  const shown = [...TOKENS.map(({ secret }) => secret), '', 'x', 'ci-secret-012345678', 'x'.repeat(100_000)];
  const found = shown.map((secret) => {
    compared.length = 0;
    const name = holder(secret)?.name;
    // Digests of one length, all of them, each time.
    assert.deepEqual(
      compared,
      TOKENS.map(() => [32, 32]),
    );
    return name;
  });
  assert.deepEqual(found, ['ci', 'reader', 'admin', undefined, undefined, undefined, undefined]);
});

test('tokens that are short or alike are refused, without showing them', async () => {
  const bad: readonly (readonly [Token[], RegExp])[] = [
    [[{ name: 'a', secret: 'fifteen-bytes-x', scopes: [] }], /the token a has fewer than 16 bytes/],
    [
      [
        { name: 'a', secret: 'the-same-for-two-names', scopes: [] },
        { name: 'b', secret: 'the-same-for-two-names', scopes: [] },
      ],
      /the tokens a and b have one secret/,
    ],
  ];
  for (const [tokens, message] of bad) {
    assert.throws(() => tokenHolders(tokens), { code: 'settings_invalid', message });
    await assert.rejects(serve({ host: '127.0.0.1', port: 0, authentication: { tokens } }, []), (error: Error) => {
      for (const { secret } of tokens) assert.ok(!error.message.includes(secret));
      return true;
    });
  }
});

test('the header is read by its scheme', () => {
  assert.equal(bearerOf('Bearer abc.DEF-1~+/='), 'abc.DEF-1~+/=');
  assert.equal(bearerOf('bEaReR  x '), 'x');
  for (const header of [undefined, '', 'Bearer', 'Bearer ', 'Basic abc', 'Bearer a b', 'xBearer a', 'Bearer é']) {
    assert.equal(bearerOf(header), undefined, header);
  }
});

const ADMIN = { authorization: 'Bearer admin-secret-0123456789' };
const CI = { authorization: 'Bearer ci-secret-0123456789' };
const READER = { authorization: 'Bearer reader-secret-0123456789' };

test('a route with a scope takes who holds it; the handler sees the name and the scopes', async (t) => {
  const { url, access } = await serveFor(t, routes, { authentication: { tokens: TOKENS } });
  const response = await fetch(`${url}/tasks`, { method: 'POST', headers: CI });
  assert.deepEqual(await response.json(), { name: 'ci', scopes: ['submit', 'work:ocr'] });
  assert.equal(access[0]?.principal, 'ci');
  assert.equal(await (await fetch(`${url}/open`, { headers: CI })).json(), null);
});

test('without a token, or with a wrong one, it is 401 with a challenge, and no handler runs', async (t) => {
  const { url } = await serveFor(t, routes, { authentication: { tokens: TOKENS } });
  const before = ran;
  const challenge = async (headers: Record<string, string>): Promise<string | null> => {
    const response = await fetch(`${url}/tasks`, { method: 'POST', headers });
    const { status, code } = await problemOf(response.clone());
    assert.deepEqual([status, code], [401, 'unauthenticated']);
    assert.doesNotMatch(await response.text(), /wrong-secret|reader|admin/);
    return response.headers.get('www-authenticate');
  };
  assert.equal(await challenge({}), 'Bearer realm="heddle"');
  assert.equal(
    await challenge({ authorization: 'Bearer wrong-secret' }),
    'Bearer realm="heddle", error="invalid_token"',
  );
  assert.equal(await challenge({ authorization: 'Basic YTpi' }), 'Bearer realm="heddle", error="invalid_token"');
  assert.equal(ran, before);
});

test('a token that allows less is 403, for the route or for what the handler asks of it', async (t) => {
  const { url } = await serveFor(t, routes, { authentication: { tokens: TOKENS } });
  const ask = async (path: string, headers: Record<string, string>) => {
    const response = await fetch(`${url}${path}`, { method: 'POST', headers });
    const challenge = response.headers.get('www-authenticate');
    return [response.status, challenge, response.status === 200 ? undefined : (await problemOf(response)).code];
  };
  const lacks = (scope: string): string => `Bearer realm="heddle", error="insufficient_scope"${scope}`;
  assert.deepEqual(await ask('/tasks', READER), [403, lacks(', scope="submit"'), 'forbidden']);
  assert.deepEqual(await ask('/work/ocr', CI), [200, null, undefined]);
  assert.deepEqual(await ask('/work/ocr', ADMIN), [403, lacks(', scope="work:ocr"'), 'forbidden']);
  // What cannot stand in a header stays out of it.
  assert.deepEqual(await ask('/work/a%0d%0ab', ADMIN), [403, lacks(''), 'forbidden']);
});

test('where no authentication is configured every route is open', async (t) => {
  const { url } = await serveFor(t, routes);
  assert.equal((await fetch(`${url}/tasks`, { method: 'POST' })).status, 200);
  assert.equal((await fetch(`${url}/work/ocr`, { method: 'POST' })).status, 200);
});

test('others than tokens may be asked: sessions, cookies, tickets', async (t) => {
  const asked: unknown[] = [];
  const { url, errors } = await serveFor(t, routes, {
    authentication: {
      tokens: TOKENS,
      otherwise: async ({ bearer, headers, query }) => {
        asked.push([bearer, headers.cookie, query.get('ticket')]);
        if (query.get('ticket') === 'broken') throw new Error('the store is away');
        return query.get('ticket') === 't-1' ? { name: 'ada', scopes: new Set(['submit']) } : undefined;
      },
    },
  });
  const ask = async (ticket: string, headers: Record<string, string> = {}): Promise<number> =>
    (await fetch(`${url}/tasks?ticket=${ticket}`, { method: 'POST', headers })).status;
  assert.equal(await ask('t-1', { cookie: 'a=b' }), 200);
  assert.equal(await ask('t-2', { authorization: 'Bearer a-session' }), 401);
  assert.equal(await ask('t-2', CI), 200, 'a token of the list asks nobody');
  assert.equal(await ask('broken'), 500);
  assert.deepEqual(asked, [
    [undefined, 'a=b', 't-1'],
    ['a-session', undefined, 't-2'],
    [undefined, undefined, 'broken'],
  ]);
  assert.equal(errors.length, 1);
});
