import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileJsonSchema } from '../../src/config/json-schema.ts';

/** Takes longer than the universe has, one character at a time. */
const SLOW = { type: 'object', properties: { text: { type: 'string', pattern: '^(a+)+$' } } };
const VALUE = { text: `${'a'.repeat(60)}!` };

test('a pattern that takes for ever is stopped, and that is the answer', async () => {
  const check = await compileJsonSchema(SLOW, 'input_schema of x', 50);
  assert.deepEqual(check(VALUE), [
    { pointer: '', problem: 'could not be checked against input_schema of x within 50 ms', undecided: true },
  ]);
  assert.deepEqual(check({ text: 'aaa' }), [], 'the next value is judged as if nothing had been');
  assert.deepEqual(check({ text: 'b' }), [{ pointer: '/text', problem: 'must match pattern "^(a+)+$"' }]);
});

test('the newest draft, and the one before where that alone knows the schema', async () => {
  const tuple = await compileJsonSchema({ type: 'array', items: [{ type: 'integer' }] }, 'it');
  assert.equal(tuple(['x']).length, 1);
  const prefix = await compileJsonSchema({ type: 'array', prefixItems: [{ type: 'integer' }] }, 'it');
  assert.equal(prefix(['x']).length, 1);
  const older = await compileJsonSchema(
    { $schema: 'http://json-schema.org/draft-07/schema#', type: 'array', items: [{ type: 'integer' }] },
    'it',
  );
  assert.equal(older(['x']).length, 1);
  await assert.rejects(compileJsonSchema({ type: 'texr' }, 'input_schema of x'), {
    code: 'input_invalid',
    message: /^input_schema of x is no JSON Schema: /,
  });
});

test('a value that is nested too deep for the check is told', async () => {
  const check = await compileJsonSchema({ properties: { a: { $ref: '#' } } }, 'it');
  let deep: unknown = 1;
  for (let level = 0; level < 100_000; level += 1) deep = { a: deep };
  assert.deepEqual(check(deep), [{ pointer: '', problem: 'is nested too deep for it', undecided: true }]);
});
