import { entryOf, isString } from '../../config/node.ts';
import { closest } from '../../suggest.ts';
import type { ConfigRule } from '../rule.ts';
import { userSchemas } from '../user-schemas.ts';

export const schemaRequired: ConfigRule = {
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
