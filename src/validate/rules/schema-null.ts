import { entryOf, isNull } from '../../config/node.ts';
import type { ConfigRule } from '../rule.ts';
import { isObjectSchema, userSchemas } from '../user-schemas.ts';

export const schemaNull: ConfigRule = {
  id: 'schema-null',
  scope: 'config',
  kinds: ['worker', 'pipeline'],
  severity: 'error',
  summary: "A schema's required or properties is null.",
  why: "heddle validate takes null for absent. The worker's check does not: every task fails with an error about NoneType.",
  hint: 'Leave the key out, or write [] or {}.',
  example: {
    'worker.yaml': 'name: extractor\nsystem_prompt: Extract the dates.\ninput_schema:\n  type: object\n  required:\n',
  },
  check: (subject, report) => {
    for (const { schema, path } of userSchemas(subject.kind, subject.root)) {
      if (!isObjectSchema(schema)) continue;
      for (const key of ['required', 'properties']) {
        const entry = entryOf(schema, key);
        if (entry !== undefined && isNull(entry.value))
          report(entry.key, `'${path}.${key}' is null: every task fails`, { hint: `leave '${key}' out` });
      }
    }
  },
};
