import { entryOf, isNull, isString } from '../../config/node.ts';
import type { ConfigRule } from '../rule.ts';
import { SCHEMA_TYPES } from '../shapes/shape.ts';
import { isObjectSchema, userSchemas } from '../user-schemas.ts';

export const schemaUnchecked: ConfigRule = {
  id: 'schema-unchecked',
  scope: 'config',
  kinds: ['worker', 'pipeline'],
  severity: 'warning',
  summary: 'A schema is written and never applied.',
  why: 'Heddle applies a schema only when its type is exactly object. Without a type, or with another, every payload passes, whatever else the schema says.',
  hint: 'Add `type: object`.',
  example: {
    'worker.yaml':
      'name: extractor\nsystem_prompt: Extract the dates.\ninput_schema:\n  required: [text]\n  properties:\n    text: {type: string}\n',
  },
  check: (subject, report) => {
    for (const { schema, path, key } of userSchemas(subject.kind, subject.root)) {
      if (schema.entries.size === 0 || isObjectSchema(schema)) continue;
      const type = entryOf(schema, 'type')?.value;
      // Another type than Heddle knows is an error already.
      if (type !== undefined && !isNull(type) && !(isString(type) && SCHEMA_TYPES.some((each) => each === type.value)))
        continue;
      const said = isString(type) ? `has the type '${type.value}'` : 'has no type';
      report(isString(type) ? type : key, `'${path}' ${said}: Heddle checks nothing`, { hint: 'write type: object' });
    }
  },
};
