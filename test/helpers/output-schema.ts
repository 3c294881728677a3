import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { inProject } from './root.ts';

/** Asserts that a machine document keeps the schema that the package ships for it: schemas/output/<name>.schema.json. */
export function assertKeepsSchema(name: string, document: unknown): void {
  const schema = JSON.parse(readFileSync(inProject('schemas', 'output', `${name}.schema.json`), 'utf8'));
  const validate = new Ajv2020({
    strict: true,
    allowUnionTypes: true,
    strictRequired: false,
    validateFormats: false,
    allErrors: true,
  }).compile(schema);
  assert.ok(
    validate(document),
    `${name}: ${JSON.stringify(validate.errors, null, 1)}\n${JSON.stringify(document).slice(0, 2000)}`,
  );
}
