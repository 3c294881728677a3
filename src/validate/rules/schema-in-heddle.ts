import { describe } from '../../config/describe.ts';
import { entryOf, isNull, isString, type MapNode } from '../../config/node.ts';
import type { ConfigRule, Report, Rule } from '../rule.ts';
import { SCHEMA_TYPES } from '../shapes/shape.ts';
import { stagesOf } from '../stages.ts';
import { isObjectSchema, userSchemas } from '../user-schemas.ts';

const schemaRef: ConfigRule = {
  id: 'schema-ref',
  scope: 'config',
  kinds: ['worker', 'pipeline'],
  severity: 'error',
  summary: 'A schema reference is not the path of a Python class.',
  why: 'heddle validate never resolves input_schema_ref and output_schema_ref; the actor does when it starts, and ends if the reference is not module.Class.',
  hint: 'Write the dotted path of a Pydantic model, or the schema itself.',
  example: { 'worker.yaml': 'name: extractor\nsystem_prompt: Extract the dates.\ninput_schema_ref: ExtractorInput\n' },
  check: ({ root, kind }, report) => {
    look(root, report);
    if (kind === 'pipeline') for (const { map } of stagesOf(root).all) look(map, report);
  },
};

function look(map: MapNode, report: Report): void {
  for (const key of ['input_schema', 'output_schema']) {
    const ref = entryOf(map, `${key}_ref`)?.value;
    if (ref === undefined || isNull(ref) || map.entries.has(key)) continue;
    if (!isString(ref) || !ref.value.includes('.')) {
      report(ref, `'${key}_ref' must be the path of a class (module.Class), it is ${describe(ref)}`);
    }
  }
}

const schemaNull: ConfigRule = {
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

const schemaUnchecked: ConfigRule = {
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

export const SCHEMA_IN_HEDDLE_RULES: readonly Rule[] = [schemaRef, schemaNull, schemaUnchecked];
