import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JsonBody, readJsonBody } from '../../src/http/json-body.ts';
import type { Problem } from '../../src/http/problem.ts';

const read = (body: string | Uint8Array, limits = { jsonDepth: 4, jsonKeys: 5 }): JsonBody =>
  readJsonBody(Buffer.from(body), limits);

const GOOD: readonly (readonly [text: string, value: unknown])[] = [
  ['{"a":[{"b":[]}]}', { a: [{ b: [] }] }],
  [' \n[1] ', [1]],
  ['"é \\u00e9"', 'é é'],
  ['null', null],
  // Brackets, colons and quotes within strings are text.
  ['{"a":"[[[[[[::::::::\\"[[[[["}', { a: '[[[[[[::::::::"[[[[[' }],
  ['"\\\\"', '\\'],
  ['[[],[],[],[],[],[]]', [[], [], [], [], [], []]],
];
for (const [text, value] of GOOD) {
  test(`reads ${text}`, () => assert.deepEqual(read(text), { value, text }));
}

const BAD: readonly (readonly [what: string, body: string | Uint8Array, code: string, detail: RegExp])[] = [
  ['nothing', '', 'invalid_json', /the body is empty/],
  ['half an object', '{"a":', 'invalid_json', /not JSON/],
  ['what only Python reads', '{"a":NaN}', 'invalid_json', /NaN or an infinity/],
  ['two values', '{} {}', 'invalid_json', /not JSON/],
  ['a byte order mark', '\ufeff{}', 'invalid_json', /byte order mark/],
  ['Latin-1', Buffer.from('"é"', 'latin1'), 'invalid_json', /no UTF-8/],
  ['half a character', Uint8Array.of(0x22, 0xe2, 0x82, 0x22), 'invalid_json', /no UTF-8/],
  ['a string without its end', '"abc\\"', 'invalid_json', /not JSON/],
  ['too deep an array', '[[[[[]]]]]', 'json_too_complex', /nested deeper than 4/],
  ['too deep a mixture', '{"a":[{"b":[{}]}]}', 'json_too_complex', /nested deeper than 4/],
  ['too many keys', '[{"a":1,"b":1,"c":1},{"a":1,"b":1,"c":1}]', 'json_too_complex', /more than 5 keys/],
];
for (const [what, body, code, detail] of BAD) {
  test(`refuses ${what}`, () =>
    assert.throws(
      () => read(body),
      (thrown: Problem) => {
        assert.deepEqual([thrown.code, thrown.status], [code, 400]);
        assert.match(thrown.details.detail ?? '', detail);
        return true;
      },
    ));
}

test('depth is refused before anything recursive sees it', () => {
  const body = '['.repeat(200_000);
  assert.throws(() => read(body, { jsonDepth: 64, jsonKeys: 10 }), { code: 'json_too_complex' });
});

test('every key is ordinary data, and numbers keep their digits in the text', () => {
  const { value, text } = read('{"__proto__":{"a":1},"constructor":2,"7":3,"n":12345678901234567890}');
  assert.deepEqual(Object.keys(value as object), ['7', '__proto__', 'constructor', 'n']);
  assert.equal(({} as { a?: unknown }).a, undefined);
  assert.match(text, /12345678901234567890/);
});
