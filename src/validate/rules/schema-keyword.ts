import { isString } from '../../config/node.ts';
import { closest } from '../../suggest.ts';
import { KEYWORDS } from '../keywords.ts';
import type { ConfigRule } from '../rule.ts';
import { userSchemas } from '../user-schemas.ts';

export const schemaKeyword: ConfigRule = {
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
