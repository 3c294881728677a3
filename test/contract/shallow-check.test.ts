import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readJsonText } from '../../src/contract/decode-json.ts';
import { pythonListRepr, pythonRepr, pythonTypeName } from '../../src/contract/python-words.ts';
import { rawIntegers } from '../../src/contract/raw-integers.ts';
import { checkShallow, validationError } from '../../src/contract/shallow-check.ts';
import { readCases } from './cases.ts';

interface Row {
  schema: unknown;
  data: string;
  errors: string[] | 'crash';
  wrapped?: string;
}

describe('the shallow check, as Heddle was measured', () => {
  const rows = readCases<Row>('shallow.json');
  test(`${rows.length} cases: the same words in the same order; an error where Python crashes`, () => {
    assert.ok(rows.length > 800);
    let crashes = 0;
    for (const { schema, data, errors, wrapped } of rows) {
      // As a worker has it: the data inside a message, with the message's text at hand.
      const read = readJsonText(`{"payload":${data}}`);
      assert.ok(read.ok, data);
      const payload = (read.value as { payload: unknown }).payload;
      const found = checkShallow(payload, schema, 'input', rawIntegers(read.text, 'payload'));
      const shown = JSON.stringify({ schema, data });
      if (errors === 'crash') {
        crashes += 1;
        assert.ok(found.length > 0, shown);
      } else {
        assert.deepEqual(found, errors, shown);
        if (wrapped !== undefined) assert.equal(validationError('input', found), wrapped, shown);
      }
    }
    assert.ok(crashes > 100);
  });
});

const integer = { type: 'object', properties: { n: { type: 'integer' } } };

describe('integers and floats', () => {
  for (const [raw, isInteger] of [
    ['1', true],
    ['-5', true],
    ['1.0', false],
    ['1e3', false],
    ['1E3', false],
    ['123456789012345678901234567890', true],
    ['9'.repeat(400), true],
    ['1e400', false],
    ['-Infinity', false],
  ] as const) {
    test(`${raw.slice(0, 32)} ${isInteger ? 'is' : 'is not'} an integer, by its text`, () => {
      const read = readJsonText(`{"n":0.5,"payload":{"n":"x","n":${raw}},"z":1}`);
      assert.ok(read.ok);
      const { payload } = read.value as { payload: unknown };
      const errors = checkShallow(payload, integer, 'input', rawIntegers(read.text, 'payload'));
      assert.deepEqual(errors, isInteger ? [] : ['input.n: expected integer']);
    });
  }
  test('without the text, the value decides', () => {
    assert.deepEqual(checkShallow({ n: 1 }, integer, 'output'), []);
    assert.deepEqual(checkShallow({ n: 1.5 }, integer, 'output'), ['output.n: expected integer']);
    assert.deepEqual(checkShallow({ n: Number.NaN }, integer, 'output'), ['output.n: expected integer']);
  });
  test('a text without the member says nothing', () => {
    assert.equal(rawIntegers('{"a":1}', 'payload')('n'), undefined);
    assert.equal(rawIntegers('{"payload":[1]}', 'payload')('0'), undefined);
    assert.equal(rawIntegers('{"payload":{"n":"1"}}', 'payload')('n'), undefined);
  });
});

describe('the order of errors', () => {
  const properties: [string, unknown][] = [
    ['b', { type: 'string' }],
    ['10', { type: 'string' }],
    ['9', { type: 'string' }],
    ['a', { type: 'string' }],
  ];
  const data = { a: 1, b: 1, 9: 1, 10: 1 };
  test('a Map keeps the order of the file, also of keys that look like indexes', () => {
    assert.deepEqual(
      checkShallow(data, { type: 'object', properties: new Map(properties) }, 'input').map(
        (error) => error.split(':')[0],
      ),
      ['input.b', 'input.10', 'input.9', 'input.a'],
    );
  });
  test('a plain object cannot: the same errors, indexes first', () => {
    assert.deepEqual(
      checkShallow(data, { type: 'object', properties: Object.fromEntries(properties) }, 'input').map(
        (error) => error.split(':')[0],
      ),
      ['input.9', 'input.10', 'input.b', 'input.a'],
    );
  });
});

describe('hostile keys', () => {
  const data = JSON.parse('{"__proto__":1,"constructor":2}') as unknown;
  test('are fields like others', () => {
    const schema = JSON.parse(
      '{"type":"object","required":["__proto__","constructor","toString"],"properties":{"__proto__":{"type":"string"},"toString":{"type":"string"}}}',
    ) as unknown;
    assert.deepEqual(checkShallow(data, schema, 'input'), [
      "input: missing required field 'toString'",
      'input.__proto__: expected string',
    ]);
  });
  test("a handler's undefined is absent, as it will be on the wire", () => {
    const schema = { type: 'object', required: ['a'], properties: { a: { type: 'string' } } };
    assert.deepEqual(checkShallow({ a: undefined }, schema, 'output'), ["output: missing required field 'a'"]);
  });
});

describe('words of Python', () => {
  test('repr of a text, as measured', () => {
    const rows = readCases<{ text: string; repr: string }>('repr.json');
    assert.ok(rows.length > 20);
    for (const { text, repr } of rows) assert.equal(pythonRepr(text), repr);
  });
  test('repr of a list', () => {
    assert.equal(pythonListRepr([]), '[]');
    assert.equal(
      pythonListRepr(["input: missing required field 'x'", 'a']),
      `["input: missing required field 'x'", 'a']`,
    );
    assert.equal(validationError('output', ['a']), "Output validation: ['a']");
  });
  test('names of types', () => {
    assert.deepEqual(
      [[], 'x', 1, 1.5, true, null, undefined, {}, 1n].map((value) => pythonTypeName(value)),
      ['list', 'str', 'int', 'float', 'bool', 'NoneType', 'NoneType', 'dict', 'int'],
    );
    assert.equal(pythonTypeName(1, false), 'float');
  });
});
