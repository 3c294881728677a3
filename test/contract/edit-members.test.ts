import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { taskCompleter } from '../../src/contract/build.ts';
import { appendMembers, fill, fillAbsentMembers, setMembers } from '../../src/contract/edit-members.ts';
import type { JsonObject } from '../../src/contract/json.ts';
import { rawValue, scanMembers } from '../../src/contract/members.ts';
import { pick, randomObject, seeded } from './random-json.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const fills = [fill('a', () => '1'), fill('ü', () => '"ü\u{1f600}"')];
const filled = (text: string) =>
  Buffer.from(fillAbsentMembers(utf8(text), JSON.parse(text) as JsonObject, fills)).toString();

describe('filling absent members', () => {
  const cases: [string, string][] = [
    ['{}', '{"a":1,"ü":"ü\u{1f600}"}'],
    [' { \n} \n', ' { \n"a":1,"ü":"ü\u{1f600}"} \n'],
    ['{"a":null,"ü":0}', '{"a":null,"ü":0}'],
    ['{"x": 1.0,"n":12345678901234567890}', '{"x": 1.0,"n":12345678901234567890,"a":1,"ü":"ü\u{1f600}"}'],
    ['{"2":0,"1":0,"x":0,"x":1,"a":5}\r\n', '{"2":0,"1":0,"x":0,"x":1,"a":5,"ü":"ü\u{1f600}"}\r\n'],
    ['{"s":"}"}', '{"s":"}","a":1,"ü":"ü\u{1f600}"}'],
    ['{"\\u0061":7,"ü":1}', '{"\\u0061":7,"ü":1}'],
    ['{"__proto__":1,"a":2,"ü":1}', '{"__proto__":1,"a":2,"ü":1}'],
  ];
  for (const [text, expected] of cases) test(text, () => assert.equal(filled(text), expected));

  test('nothing absent: the very same bytes', () => {
    const bytes = utf8('{"a":1,"ü":2}');
    assert.equal(fillAbsentMembers(bytes, { a: 1, ü: 2 }, fills), bytes);
  });

  test('the original is a prefix, whatever the object (5,000 objects, seed 4)', () => {
    const random = seeded(4);
    for (let round = 0; round < 5000; round += 1) {
      const text = `${pick(random, ['', ' ', '\n'])}${randomObject(random, 3)}${pick(random, ['', ' ', '\r\n'])}`;
      const before = JSON.parse(text) as JsonObject;
      const after = filled(text);
      const brace = text.lastIndexOf('}');
      assert.ok(after.startsWith(text.slice(0, brace)) && after.endsWith(text.slice(brace)), text);
      assert.deepEqual(
        { a: 1, ...before, ü: Object.hasOwn(before, 'ü') ? before.ü : 'ü\u{1f600}' },
        JSON.parse(after),
        text,
      );
    }
  });
});

describe('what a router adds to a task', () => {
  const complete = taskCompleter({ now: () => 1_777_464_000_123, uuid: () => 'b1c"d' });
  const through = (text: string) => Buffer.from(complete(utf8(text), JSON.parse(text) as JsonObject)).toString();

  test('all five fields, and only those', () => {
    assert.equal(
      through('{"worker_type":"w","payload":{"big":9007199254740993,"one":1.0},"_lane":[1.50]}'),
      '{"worker_type":"w","payload":{"big":9007199254740993,"one":1.0},"_lane":[1.50],"task_id":"b1c\\"d","created_at":"2026-04-29T12:00:00.123Z","model_tier":"standard","priority":"normal","metadata":{}}',
    );
  });
  test('fields that are there stay, also those of generation A', () => {
    const text =
      '{"task_id":"","created_at":5,"model_tier":"local","priority":"low","metadata":{"a":1e2},"max_retries":2,"worker_type":"w","payload":{}}';
    assert.equal(through(text), text);
  });
});

describe('changing members', () => {
  const set = (text: string, changes: Record<string, string | null>) =>
    setMembers(text, new Map(Object.entries(changes)));
  const cases: [string, Record<string, string | null>, string][] = [
    ['{"a":1.0, "b":2 , "c":3}', { b: '20' }, '{"a":1.0, "b":20, "c":3}'],
    ['{"a":1, "b":2, "c":3}', { b: null }, '{"a":1, "c":3}'],
    ['{"a":1,"b":2}', { a: null, b: null }, '{}'],
    ['{"a":1,"b":2}', { a: null }, '{"b":2}'],
    ['{"a":1}', { z: '[1.0]' }, '{"a":1,"z":[1.0]}'],
    ['{}', { z: '1' }, '{"z":1}'],
    [' { } ', { z: '1' }, ' {"z":1} '],
    ['{"a":1,"a":2}', { a: '3' }, '{"a":3,"a":3}'],
    ['{"\\u0061":1}', { a: '3' }, '{"\\u0061":3}'],
    ['{"a":1}', { z: null }, '{"a":1}'],
    ['{"x":"},{","a":1 }\n', { a: '{}' }, '{"x":"},{","a":{} }\n'],
  ];
  for (const [text, changes, expected] of cases) {
    test(`${text} with ${JSON.stringify(changes)}`, () => assert.equal(set(text, changes), expected));
  }

  test('changes what was named and nothing else (5,000 objects, seed 5)', () => {
    const random = seeded(5);
    for (let round = 0; round < 5000; round += 1) {
      const text = randomObject(random, 3);
      const changes: Record<string, string | null> = {
        a: pick(random, ['1.0', null]),
        _x: pick(random, ['{"y":[]}', null]),
        neu: '""',
      };
      const after = set(text, changes);
      const expected = Object.entries(JSON.parse(text) as JsonObject).filter(
        ([key]) => changes[key] === undefined || changes[key] !== null,
      );
      const object = Object.fromEntries(
        expected.map(([key, value]) => [
          key,
          typeof changes[key] === 'string' && Object.hasOwn(changes, key) ? JSON.parse(changes[key]) : value,
        ]),
      );
      for (const [key, raw] of Object.entries(changes)) if (raw !== null) object[key] = JSON.parse(raw);
      assert.deepEqual(JSON.parse(after), object, `${text} -> ${after}`);
      for (const { key } of scanMembers(text) ?? [])
        if (!Object.hasOwn(changes, key)) assert.equal(rawValue(after, key), rawValue(text, key), text);
    }
  });
});

test('appending keeps the text', () => {
  assert.equal(appendMembers('{}', '"a":1'), '{"a":1}');
  assert.equal(appendMembers(`{${' '.repeat(100)}}`, '"a":1'), `{${' '.repeat(100)}"a":1}`);
  assert.equal(appendMembers('{"b":2}\n', '"a":1'), '{"b":2,"a":1}\n');
  assert.equal(appendMembers('{"b":2}', ''), '{"b":2}');
});
