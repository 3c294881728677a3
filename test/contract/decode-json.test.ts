import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readJson, readJsonObject, readJsonText } from '../../src/contract/decode-json.ts';
import { parseTolerantJson } from '../../src/contract/tolerant-json.ts';
import { damaged, randomValue, seeded } from './random-json.ts';

const bytes = (...values: (number | string)[]) =>
  Buffer.concat(values.map((value) => (typeof value === 'string' ? Buffer.from(value) : Buffer.of(value))));

describe('bytes to JSON (CONTRACT 3.3)', () => {
  const refused: [name: string, input: Buffer, reason: string, detail: RegExp][] = [
    ['empty', bytes(), 'not_json', /empty/],
    ['single quotes', bytes("{'a':1}"), 'not_json', /expected a key in double quotes.* at character 2 of 7/],
    ['trailing comma', bytes('{"a":1,}'), 'not_json', /expected a key/],
    ['trailing comma in a list', bytes('[1,]'), 'not_json', /expected a value/],
    ['raw control character', bytes('{"a":"', 1, '"}'), 'not_json', /control character/],
    ['cut short', bytes('{"a":[1,2'), 'not_json', /ends too early/],
    ['text after the end', bytes('{} x'), 'not_json', /after the end/],
    ['two values', bytes('{}{}'), 'not_json', /after the end/],
    ['leading zero', bytes('{"a":01}'), 'not_json', /expected ,/],
    ['bad escape', bytes('"\\x41"'), 'not_json', /bad escape/],
    ['Python words', bytes('{"a":None}'), 'not_json', /expected a value/],
    ['byte order mark', bytes(0xef, 0xbb, 0xbf, '{}'), 'not_json', /byte order mark/],
    ['lone continuation byte', bytes('{"a":"', 0x80, '"}'), 'not_utf8', /UTF-8/],
    ['surrogate in UTF-8', bytes('"', 0xed, 0xa0, 0x80, '"'), 'not_utf8', /UTF-8/],
    ['overlong slash', bytes('"', 0xc0, 0xaf, '"'), 'not_utf8', /UTF-8/],
    ['cut in a character', bytes('"\u00fc"').subarray(0, 2), 'not_utf8', /UTF-8/],
    ['latin1', bytes('"', 0xfc, '"'), 'not_utf8', /UTF-8/],
    ['gzip', bytes(0x1f, 0x8b, 8, 0), 'not_utf8', /UTF-8/],
  ];
  for (const [name, input, reason, detail] of refused) {
    test(`${name} is a value with a reason`, () => {
      const read = readJson(input);
      assert.ok(!read.ok);
      assert.equal(read.reason, reason);
      assert.match(read.detail, detail);
    });
  }

  for (const [text, what] of [
    ['[]', 'an array'],
    ['"x"', 'a string'],
    ['42', 'a number'],
    ['null', 'null'],
    ['true', 'a boolean'],
    ['NaN', 'a number'],
  ] as const) {
    test(`${text} is not an object, and still there to look at`, () => {
      const read = readJsonObject(Buffer.from(text));
      assert.ok(!read.ok);
      assert.equal(read.reason, 'not_object');
      assert.equal(read.detail, `expected a JSON object, got ${what}`);
      assert.equal(read.text, text);
      assert.deepEqual(read.value, text === 'NaN' ? Number.NaN : JSON.parse(text));
    });
  }

  test('the text is the characters as they came, also digits that a number cannot hold', () => {
    const text = ' {"n":9007199254740993, "f":1.0,"\u00fc":"\ufeff"}\n';
    const read = readJsonObject(Buffer.from(text));
    assert.ok(read.ok);
    assert.equal(read.text, text);
    assert.ok(read.strict);
  });

  test('__proto__ is data', () => {
    for (const text of ['{"__proto__":{"polluted":1},"a":NaN}', '{"__proto__":{"polluted":1},"a":1}']) {
      const read = readJsonObject(Buffer.from(text));
      assert.ok(read.ok);
      assert.ok(Object.hasOwn(read.value, '__proto__'));
      assert.equal(Object.getPrototypeOf(read.value), Object.prototype);
      assert.equal(read.value.polluted, undefined);
    }
  });

  for (const [name, text] of [
    ['100,000 lists', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['100,000 objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['100,000 lists around NaN', `{"a":${'['.repeat(100_000)}NaN${']'.repeat(100_000)}}`],
    ['100,000 objects around NaN', `${'{"a":'.repeat(100_000)}NaN${'}'.repeat(100_000)}`],
    ['an integer of 100,000 digits', `{"a":${'9'.repeat(100_000)}}`],
    ['a million backslashes', `{"a":"${'\\'.repeat(1_000_000)}"}`],
  ] as const) {
    test(`${name}: read without harm`, () => assert.ok(readJsonObject(Buffer.from(text)).ok));
  }
  for (const text of [
    '['.repeat(100_000),
    '{"a":'.repeat(100_000),
    `"${'\\"'.repeat(200_000)}`,
    `${'[NaN,'.repeat(50_000)}`,
  ]) {
    test(`${text.slice(0, 8)}… never closed: refused without harm`, () => assert.equal(readJsonText(text).ok, false));
  }
});

describe("Python's dialect", () => {
  test('NaN and infinities are numbers, and words in strings stay words', () => {
    const text = '{"a":NaN,"b":[Infinity,-Infinity],"NaN":"NaN, -Infinity","c":"\\"NaN","d":1}';
    const read = readJsonText(text);
    assert.ok(read.ok);
    assert.equal(read.strict, false);
    assert.deepEqual(read.value, { a: Number.NaN, b: [Infinity, -Infinity], NaN: 'NaN, -Infinity', c: '"NaN', d: 1 });
  });

  for (const text of [
    'nan',
    'inf',
    '+Infinity',
    '-NaN',
    'NaNN',
    'Infinit',
    '[NaN',
    '{"a":NaN',
    '{"a" NaN}',
    '{NaN:1}',
    '[NaN NaN]',
  ]) {
    test(`${text} is refused`, () => assert.equal(readJsonText(text).ok, false));
  }

  test('reads what JSON.parse reads, and refuses what it refuses (20,000 texts, seed 1)', () => {
    const random = seeded(1);
    let refused = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const sound = randomValue(random, 4);
      const text = round % 2 === 0 ? sound : damaged(random, sound);
      const ours = parseTolerantJson(text);
      let theirs: unknown;
      try {
        theirs = JSON.parse(text);
      } catch {
        refused += 1;
        assert.ok(!ours.ok || /NaN|Infinity/.test(text), text);
        continue;
      }
      assert.ok(ours.ok, text);
      assert.deepEqual(ours.value, theirs, text);
      assert.equal(JSON.stringify(ours.value), JSON.stringify(theirs), `order of keys: ${text}`);
    }
    assert.ok(refused > 3000, 'the damage does damage');
  });
});
