import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compactJson } from '../../src/contract/compact-json.ts';
import { readAssignment } from '../../src/submit/payload/assignment.ts';
import { buildPayload, parsePayload } from '../../src/submit/payload/payload.ts';

const build = (base: string | undefined, set: string[] = [], setJson: string[] = []) =>
  buildPayload({
    base: base === undefined ? undefined : { text: base, source: '--payload' },
    strings: set.map((text) => readAssignment(text, '--set')),
    typed: setJson.map((text) => readAssignment(text, '--set-json')),
  });

test('parts are combined in their order: base, text, JSON', () => {
  const cases: readonly [base: string | undefined, set: string[], setJson: string[], want: string][] = [
    [undefined, [], [], '{}'],
    [undefined, ['text=hello'], [], '{"text":"hello"}'],
    ['{"a":1,"b":2}', ['b=two'], [], '{"a":1,"b":"two"}'],
    ['{"a":1}', ['a=x'], ['a=[3]'], '{"a":[3]}'],
    [undefined, ['a=1', 'a=2'], [], '{"a":"2"}'],
    [undefined, ['a.b.c=x'], ['a.b.d=null'], '{"a":{"b":{"c":"x","d":null}}}'],
    [undefined, ['a\\.b=x'], [], '{"a.b":"x"}'],
    [undefined, ['a\\\\.b=x'], [], '{"a\\\\":{"b":"x"}}'],
    [undefined, ['url=http://x?a=b'], [], '{"url":"http://x?a=b"}'],
    [undefined, ['empty='], [], '{"empty":""}'],
    [undefined, ['0=x', 'é ☃=y'], [], '{"0":"x","é ☃":"y"}'],
  ];
  for (const [base, set, setJson, want] of cases) {
    const payload = build(base, set, setJson);
    assert.equal(payload.text ?? JSON.stringify(payload.value), want, `${base} ${set} ${setJson}`);
  }
});

test('the text of a payload passes unchanged when nothing is set', () => {
  assert.equal(build('{"a": 1.0, "b": 9007199254740993}').text, '{"a": 1.0, "b": 9007199254740993}');
  assert.equal(build('{\n  "a": 1.0,\r\n\t"b": "x \\n\\" y"\n}\n').text, '{"a":1.0,"b":"x \\n\\" y"}');
});

test('what is set is written anew, the rest keeps its text', () => {
  const base = '{"one": 1.0, "b": {"big": 9007199254740993}, "c": 2.0}';
  const set = build(base, ['c=x', 'd=y'], ['e.f=1']);
  assert.equal(set.text, '{"one": 1.0, "b": {"big": 9007199254740993}, "c": "x","d":"y","e":{"f":1}}');
  assert.deepEqual(JSON.parse(set.text ?? ''), set.value);
});

test('setting one field rewrites no number beside it, nor the one that was given', () => {
  const cases: readonly [base: string | undefined, set: string[], setJson: string[], want: string][] = [
    [undefined, [], ['n=1152921504606846976', 'f=1.0', 'e=1e400'], '{"n":1152921504606846976,"f":1.0,"e":1e400}'],
    ['{"a":{"big":9007199254740993,"f":1.0}}', ['a.b=x'], [], '{"a":{"big":9007199254740993,"f":1.0,"b":"x"}}'],
    ['{"a":{"b":1.0}, "a":{"c":2.0}}', ['a.d=x'], [], '{"a":{"c":2.0,"d":"x"}, "a":{"c":2.0,"d":"x"}}'],
    [undefined, ['__proto__.x=1'], ['__proto__.f=1.0'], '{"__proto__":{"x":"1","f":1.0}}'],
    [undefined, [], ['a=[1,\n 2.0]', 'a={"b": 1.0}', 'a.c=3'], '{"a":{"b": 1.0,"c":3}}'],
  ];
  for (const [base, set, setJson, want] of cases) assert.equal(build(base, set, setJson).text, want);
});

test('compacting keeps every token', () => {
  const text = '{\n "a b" : [ 1 , 2.50 ,\t"c\\\\" , "d : e" ],\n "f":{ } }';
  assert.equal(compactJson(text), '{"a b":[1,2.50,"c\\\\","d : e"],"f":{}}');
  assert.deepEqual(JSON.parse(compactJson(text)), JSON.parse(text));
});

test('prototype keys are data', () => {
  const payload = build('{"__proto__":{"x":1}}', ['__proto__.polluted=yes', 'constructor.prototype.y=1']);
  assert.equal(
    JSON.stringify(payload.value),
    '{"__proto__":{"x":1,"polluted":"yes"},"constructor":{"prototype":{"y":"1"}}}',
  );
  const made = build(undefined, ['__proto__.polluted=yes'], ['a.__proto__={"polluted":true}']);
  assert.equal(JSON.stringify(made.value), '{"__proto__":{"polluted":"yes"},"a":{"__proto__":{"polluted":true}}}');
  assert.equal((made.value as { polluted?: unknown }).polluted, undefined);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
  assert.equal(({} as Record<string, unknown>).y, undefined);
});

test('what is wrong is said, with the words that were typed', () => {
  const refused: readonly [base: string | undefined, set: string[], setJson: string[], code: string, words: RegExp][] =
    [
      ['[1]', [], [], 'usage', /--payload: is a list, not a JSON object/],
      ['null', [], [], 'usage', /is null, not a JSON object/],
      ['"x"', [], [], 'usage', /is a string, not a JSON object/],
      ['', [], [], 'usage', /is empty/],
      ['{a:1}', [], [], 'usage', /is not JSON/],
      ['{"a":NaN}', [], [], 'usage', /is not JSON/],
      [undefined, ['text'], [], 'usage', /--set must be key=value, got: text/],
      [undefined, ['=x'], [], 'usage', /has no key/],
      [undefined, ['a..b=x'], [], 'usage', /empty part/],
      [undefined, ['.a=x'], [], 'usage', /empty part/],
      [undefined, ['a=1', 'a.b=2'], [], 'usage', /"a" is already a string/],
      ['{"a":null}', ['a.b=2'], [], 'usage', /"a" is already null/],
      ['{"a":[]}', ['a.b=2'], [], 'usage', /"a" is already a list/],
      [undefined, [], ['a=hello'], 'usage', /--set-json a=hello: the value is not JSON/],
    ];
  for (const [base, set, setJson, code, message] of refused) {
    assert.throws(() => build(base, set, setJson), { code, message }, `${base} ${set} ${setJson}`);
  }
});

test('JSON that would end a Python actor is refused', () => {
  const deep = `{"a":${'['.repeat(950)}${']'.repeat(950)}}`;
  assert.match((parsePayload(deep) as { problem: string }).problem, /nests deeper than 900 levels/);
  const long = `{"a":${'1'.repeat(4301)}}`;
  assert.match((parsePayload(long) as { problem: string }).problem, /integer of more than 4300 digits/);
  assert.ok('value' in parsePayload(`{"a":${'['.repeat(800)}${']'.repeat(800)}}`));
});
