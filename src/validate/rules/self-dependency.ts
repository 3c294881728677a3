import { entryOf, isString, keyText } from '../../config/node.ts';
import type { ConfigRule } from '../rule.ts';
import { isLiteral, stagesOf } from '../stages.ts';

export const selfDependency: ConfigRule = {
  id: 'self-dependency',
  scope: 'config',
  kinds: ['pipeline'],
  severity: 'error',
  summary: 'A stage waits for itself.',
  why: 'Heddle accepts a stage that depends on itself, or maps from itself. The pipeline then stops with "Circular dependency detected" before it can answer: the goal never gets a result.',
  hint: 'Depend on an earlier stage.',
  example: {
    'pipeline.yaml':
      'name: digest\npipeline_stages:\n  - name: extract\n    worker_type: extractor\n    depends_on: [extract]\n',
  },
  check: ({ root }, report) => {
    for (const { map, name } of stagesOf(root).all) {
      if (name === undefined || name === 'goal') continue;
      const depends = entryOf(map, 'depends_on')?.value;
      if (depends?.kind === 'seq') {
        for (const item of depends.items) {
          if (isString(item) && item.value === name)
            report(item, `the stage '${name}' depends on itself; a goal never gets an answer`);
        }
      }
      const mapping = entryOf(map, 'input_mapping')?.value;
      // An explicit depends_on takes the place of what the mapping says.
      if (mapping?.kind !== 'map' || map.entries.has('depends_on')) continue;
      for (const { key, value } of mapping.entries.values()) {
        if (isString(value) && !isLiteral(value.value) && value.value.split('.')[0] === name) {
          report(value, `'${keyText(key)}' comes from the stage '${name}' itself; a goal never gets an answer`);
        }
      }
    }
  },
};
