import { entryOf, isNull, isString } from '../../config/node.ts';
import { toPlain } from '../../config/plain.ts';
import { closest } from '../../suggest.ts';
import { metaSchemaErrors } from '../meta-schema.ts';
import { isPlainlyValid } from '../plain-schema.ts';
import type { ConfigRule, Rule } from '../rule.ts';
import { isRecursive, nodeAt, userSchemas } from '../user-schemas.ts';

const schemaRequired: ConfigRule = {
  id: 'schema-required',
  scope: 'config',
  kinds: ['worker', 'pipeline'],
  severity: 'warning',
  summary: 'A schema requires a property that it does not describe.',
  why: 'A misspelt name in required makes every payload fail with a missing field that no sender knows about.',
  hint: 'Correct the name, or describe the property.',
  example: {
    'worker.yaml':
      'name: extractor\nsystem_prompt: Extract the dates.\ninput_schema:\n  type: object\n  required: [txt]\n  properties:\n    text: {type: string}\n',
  },
  check: (subject, report) => {
    for (const top of userSchemas(subject.kind, subject.root)) {
      for (const schema of top.all) {
        const required = entryOf(schema, 'required')?.value;
        const properties = entryOf(schema, 'properties')?.value;
        if (required?.kind !== 'seq' || properties?.kind !== 'map') continue;
        for (const item of required.items) {
          if (!isString(item) || properties.entries.has(item.value)) continue;
          const names = [...properties.entries.values()]
            .map(({ key }) => key)
            .filter(isString)
            .map((key) => key.value);
          const [near] = closest(item.value, names);
          report(item, `'${item.value}' is required and not among the properties`, {
            hint: near === undefined ? undefined : `did you mean '${near}'?`,
          });
        }
      }
    }
  },
};

/** Every keyword of JSON Schema 2020-12, with those of older drafts that are still read, and `example` of OpenAPI. */
const KEYWORDS: ReadonlySet<string> = new Set([
  ...[
    '$schema',
    '$id',
    '$ref',
    '$anchor',
    '$dynamicRef',
    '$dynamicAnchor',
    '$vocabulary',
    '$comment',
    '$defs',
    'definitions',
  ],
  ...['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependentSchemas', 'dependentRequired', 'dependencies'],
  ...['items', 'prefixItems', 'additionalItems', 'contains', 'minContains', 'maxContains', 'unevaluatedItems'],
  ...['properties', 'patternProperties', 'additionalProperties', 'propertyNames', 'unevaluatedProperties', 'required'],
  ...['type', 'enum', 'const', 'multipleOf', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  ...['minLength', 'maxLength', 'pattern', 'minItems', 'maxItems', 'uniqueItems', 'minProperties', 'maxProperties'],
  ...['title', 'description', 'default', 'deprecated', 'readOnly', 'writeOnly', 'examples', 'example', 'format'],
  ...['contentEncoding', 'contentMediaType', 'contentSchema'],
]);

const schemaKeyword: ConfigRule = {
  id: 'schema-keyword',
  scope: 'config',
  kinds: ['worker', 'pipeline'],
  severity: 'warning',
  summary: 'A schema holds a word that JSON Schema does not know.',
  why: 'Unknown keywords are ignored by every checker. Most are misspelt, or a property that slipped out of properties.',
  hint: 'Correct the keyword; start words of your own with x-.',
  example: {
    'worker.yaml':
      'name: extractor\nsystem_prompt: Extract the dates.\ninput_schema:\n  type: object\n  properties:\n    text: {type: string, minLenght: 1}\n',
  },
  check: (subject, report) => {
    for (const top of userSchemas(subject.kind, subject.root)) {
      for (const schema of top.all) {
        for (const { key } of schema.entries.values()) {
          if (!isString(key) || KEYWORDS.has(key.value) || key.value.startsWith('x-')) continue;
          const [near] = closest(key.value, KEYWORDS);
          report(key, `'${key.value}' is no keyword of JSON Schema`, {
            hint: near === undefined ? undefined : `did you mean '${near}'?`,
          });
        }
      }
    }
  },
};

const schemaInvalid: ConfigRule = {
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

export const SCHEMA_IN_ITSELF_RULES: readonly Rule[] = [schemaRequired, schemaKeyword, schemaInvalid];
