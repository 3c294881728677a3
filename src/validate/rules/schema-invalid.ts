import { isNull } from '../../config/node.ts';
import { toPlain } from '../../config/plain.ts';
import { metaSchemaErrors } from '../meta-schema.ts';
import { isPlainlyValid } from '../plain-schema.ts';
import type { ConfigRule } from '../rule.ts';
import { isRecursive, nodeAt, userSchemas } from '../user-schemas.ts';

export const schemaInvalid: ConfigRule = {
  id: 'schema-invalid',
  scope: 'config',
  kinds: ['worker', 'pipeline'],
  severity: 'warning',
  summary: 'A schema is not valid JSON Schema (2020-12).',
  why: 'Heddle looks only at the first level and lets the rest pass. Other tools that read the schema (SDK generators, gateways, heddle-ts) refuse it or read it differently.',
  hint: 'Mend the value that the message names.',
  example: {
    'worker.yaml':
      'name: extractor\nsystem_prompt: Extract the dates.\ninput_schema:\n  type: object\n  properties:\n    text: {type: text}\n    pages: {type: integer, minimum: "1"}\n',
  },
  check: (subject, report) => {
    // What Heddle itself refuses is an error already.
    const said = new Set(subject.mismatches.map((mismatch) => mismatch.at));
    const aliased = subject.document.text.includes('*');
    for (const { schema, path } of userSchemas(subject.kind, subject.root)) {
      if (isPlainlyValid(schema)) continue;
      if (aliased && isRecursive(schema)) {
        report(schema, `'${path}' holds itself through an alias and cannot be written as JSON`);
        continue;
      }
      for (const { at, message } of metaSchemaErrors(toPlain(schema))) {
        const node = nodeAt(schema, at);
        // Of null, schema-null and the shape speak.
        if (!said.has(node) && !isNull(node)) report(node, `'${[path, ...at].join('.')}' ${message}`);
      }
    }
  },
};
