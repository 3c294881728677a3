import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRoutes, splitTarget } from '../../src/http/match.ts';
import { type Method, type Route, route, textReply } from '../../src/http/route.ts';

const at = (path: string, method: Method = 'GET'): Route =>
  route({ method, path, responses: {}, run: () => textReply(200, path) });

const match = compileRoutes([
  at('/'),
  at('/v1/requests'),
  at('/v1/requests', 'POST'),
  at('/v1/requests/{id}'),
  at('/v1/requests/{id}', 'DELETE'),
  at('/v1/requests/{id}/events'),
  at('/v1/requests/latest'),
  at('/v1/{kind}/latest/log'),
  at('/a.b/{x}'),
]);

function found(path: string): unknown {
  const result = match(path);
  return typeof result === 'string' ? result : [result.place.path, { ...result.params }];
}

const FOUND: readonly (readonly [path: string, place: string, params?: Record<string, string>])[] = [
  ['/', '/'],
  ['/v1/requests', '/v1/requests'],
  ['/v1/requests/r-1', '/v1/requests/{id}', { id: 'r-1' }],
  ['/v1/requests/r-1/events', '/v1/requests/{id}/events', { id: 'r-1' }],
  // A literal path goes before a parameter, and a parameter is tried where a literal led nowhere.
  ['/v1/requests/latest', '/v1/requests/latest'],
  ['/v1/requests/latest/events', '/v1/requests/{id}/events', { id: 'latest' }],
  ['/v1/requests/latest/log', '/v1/{kind}/latest/log', { kind: 'requests' }],
  // Decoded once, and only once; what it holds then is text.
  ['/v1/requests/a%20b', '/v1/requests/{id}', { id: 'a b' }],
  ['/v1/requests/a%2Fb', '/v1/requests/{id}', { id: 'a/b' }],
  ['/v1/requests/%252e%252e', '/v1/requests/{id}', { id: '%2e%2e' }],
  ['/v1/requests/%2e%2e', '/v1/requests/{id}', { id: '..' }],
  ['/v1/requests/..', '/v1/requests/{id}', { id: '..' }],
  ['/v1/requests/%C3%A9', '/v1/requests/{id}', { id: 'é' }],
  ['/v1/requests/__proto__', '/v1/requests/{id}', { id: '__proto__' }],
];
for (const [path, place, params = {}] of FOUND) {
  test(`${path} is ${place}`, () => assert.deepEqual(found(path), [place, params]));
}

const NOWHERE = [
  '',
  '/v1',
  '/v1/',
  '/v1/requests/',
  '/v1//requests',
  '//v1/requests',
  '/v1/./requests',
  '/v1/x/../requests',
  '/../v1/requests',
  '/v1%2Frequests',
  '/v1/%72equests',
  '/V1/requests',
  '/v1/requests/r-1/events/',
  '/v1/requests//events',
  '/v1/requests;x=1',
  '/aXb/1',
  '/v1/requests/{id}/none',
];
for (const path of NOWHERE) test(`${path || 'an empty path'} is nowhere`, () => assert.equal(found(path), 'nothing'));

for (const path of ['/v1/requests/%', '/v1/requests/%zz', '/v1/requests/%ff', '/v1/requests/%C3/events']) {
  test(`${path} does not decode`, () => assert.equal(found(path), 'undecodable'));
}

test('a path allows its methods, HEAD with GET, and OPTIONS', () => {
  const allow = (path: string): string => {
    const result = match(path);
    assert.ok(typeof result !== 'string');
    return result.place.allow;
  };
  assert.equal(allow('/v1/requests'), 'GET, HEAD, OPTIONS, POST');
  assert.equal(allow('/v1/requests/x'), 'DELETE, GET, HEAD, OPTIONS');
});

const WRONG: readonly (readonly [what: string, routes: Route[], why: RegExp])[] = [
  ['the same twice', [at('/a'), at('/a')], /GET \/a is there twice/],
  ['two names of one parameter', [at('/a/{x}'), at('/a/{y}', 'POST')], /one path with two names/],
  ['one name twice', [at('/{x}/{x}')], /two parameters of one name/],
  ['no slash', [at('a')], /is no path/],
  ['an empty segment', [at('/a//b')], /is no path/],
  ['a slash at the end', [at('/a/')], /is no path/],
  ['a parameter within a segment', [at('/a{x}')], /is no path/],
  ['a query', [at('/a?b')], /is no path/],
];
for (const [what, routes, why] of WRONG) {
  test(`a table with ${what} is refused`, () =>
    assert.throws(() => compileRoutes(routes), { code: 'input_invalid', message: why }));
}

test('a target is a path with a query, or the same behind scheme and authority', () => {
  assert.deepEqual(splitTarget('/a?b=1?c'), { path: '/a', query: 'b=1?c' });
  assert.deepEqual(splitTarget('//a'), { path: '//a', query: '' });
  assert.deepEqual(splitTarget('http://x:1/a?b'), { path: '/a', query: 'b' });
  for (const target of ['*', '', 'a', 'x:1', 'ftp://x/a', 'http://x', 'http:///a']) {
    assert.equal(splitTarget(target), undefined, target);
  }
});
