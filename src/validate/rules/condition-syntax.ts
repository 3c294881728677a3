import { entryOf, isString } from '../../config/node.ts';
import { quote } from '../describe.ts';
import type { ConfigRule } from '../rule.ts';
import { stagesOf, words } from '../stages.ts';

export const conditionSyntax: ConfigRule = {
  id: 'condition-syntax',
  scope: 'config',
  kinds: ['pipeline'],
  severity: 'error',
  summary: 'A condition is not "path == value" or "path != value".',
  why: 'A condition is three words: a path, == or !=, and a value. There is no and, no or, no comparison of size, and no value with a space.',
  hint: 'Write three words, or let a worker decide and test its output.',
  example: {
    'pipeline.yaml':
      'name: digest\npipeline_stages:\n  - name: extract\n    worker_type: extractor\n    condition: goal.context.pages > 5\n',
  },
  check: ({ root }, report) => {
    for (const { map, path } of stagesOf(root).all) {
      const condition = entryOf(map, 'condition')?.value;
      if (!isString(condition)) continue;
      const parts = words(condition.value);
      const details = { key: `${path}.condition` };
      if (parts.length !== 3) {
        report(condition, `a condition is three words (path, == or !=, value), this has ${parts.length}`, {
          ...details,
          hint: 'such as: extract.output.found == true',
        });
      } else if (parts[1] !== '==' && parts[1] !== '!=') {
        report(condition, `a condition compares with == or !=, not with ${quote(parts[1]!)}`, details);
      }
    }
  },
};
