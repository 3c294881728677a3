import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prettyJson, prettyLines } from '../../../src/cli/screen/pretty-json.ts';

test('what has no number of its own kind looks as JSON.stringify writes it', () => {
  const values = [{}, [], { a: [] }, [{}], { a: { b: [1, 'x,{"y":2}', null, true] }, 'c "d"': '\n\\' }, 'x', 7];
  for (const value of values) assert.equal(prettyJson(JSON.stringify(value)), JSON.stringify(value, null, 2));
  assert.equal(prettyJson(' { "a" : [ 1 ,\r\n2 ] , "b" : { } } '), JSON.stringify({ a: [1, 2], b: {} }, null, 2));
});

test('numbers keep their characters, text loses its escapes', () => {
  assert.equal(
    prettyJson('{"a":1.0,"b":-9007199254740993,"c":NaN,"\\u00e9":"\\u00fc"}'),
    '{\n  "a": 1.0,\n  "b": -9007199254740993,\n  "c": NaN,\n  "é": "ü"\n}',
  );
});

test('deep nesting and torn text cost no more than their length', () => {
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  assert.ok(prettyJson(deep).length < 5_000_000);
  assert.equal(prettyJson('{"a'), '{\n  "a');
});

test('what is long is cut where a person stops reading, and says how much is left; what is no JSON is told', () => {
  const limits = { characters: 200, lines: 4, string: 10 };
  assert.deepEqual(prettyLines('[1,2]', limits), ['[', '  1,', '  2', ']']);
  assert.deepEqual(prettyLines('[1,2,3,4,5]', limits), ['[', '  1,', '  2,', '  3,', '... 4 more characters']);
  assert.deepEqual(prettyLines(JSON.stringify('x'.repeat(20)), limits), [`"${'x'.repeat(9)}... (22 characters)`]);
  for (const text of ['{"a', 'hello world!', '{"a": §}']) assert.equal(prettyLines(text, limits), undefined, text);
});
