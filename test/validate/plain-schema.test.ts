import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText } from '../../src/config/document.ts';
import { toPlain } from '../../src/config/plain.ts';
import { metaSchemaErrors } from '../../src/validate/meta-schema.ts';
import { isPlainlyValid } from '../../src/validate/plain-schema.ts';

const KEYWORDS =
  'type required properties items additionalProperties enum title description format minLength maxItems minimum maximum default const $ref not pattern'.split(
    ' ',
  );
const VALUES = [
  'object',
  'text',
  '[]',
  '[a, b]',
  '[a, a]',
  '[a, 1]',
  '{}',
  '{a: {}}',
  '{a: 1}',
  '{a: {type: x}}',
  '5',
  '-1',
  '0.5',
  '1.0',
  '.inf',
  '.nan',
  'yes',
  '~',
  '"x"',
  '{type: string}',
  '[string, "null"]',
  '2026-04-29',
];

test('what is called plainly valid, the meta-schema finds no fault with', () => {
  let plain = 0;
  for (const keyword of KEYWORDS) {
    for (const value of VALUES) {
      for (const text of [
        `${keyword}: ${value}`,
        `properties: {p: {${keyword}: ${value}}}`,
        `items: {${keyword}: ${value}}`,
      ]) {
        const { root } = readText('x.yaml', text);
        if (!isPlainlyValid(root!)) continue;
        plain += 1;
        assert.deepEqual(metaSchemaErrors(toPlain(root!)), [], text);
      }
    }
  }
  assert.ok(plain > 150, `only ${plain} were plain`);
});

test('ordinary schemas are plain, and one that holds itself is not', () => {
  const ordinary = 'type: object\nrequired: [text]\nproperties:\n  text: {type: string, minLength: 1, enum: [a, b]}\n';
  assert.equal(isPlainlyValid(readText('x.yaml', ordinary).root!), true);
  assert.equal(isPlainlyValid(readText('x.yaml', '&a\nproperties: {b: *a}\n').root!), false);
});
