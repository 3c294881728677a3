import { entryOf, isString, keyText } from '../../config/node.ts';
import type { ConfigRule } from '../rule.ts';
import { isLiteral, stagesOf } from '../stages.ts';

export const literalMapping: ConfigRule = {
  id: 'literal-mapping',
  scope: 'config',
  kinds: ['pipeline'],
  severity: 'error',
  summary: 'A mapping gives a literal in single quotes.',
  why: "Every Heddle accepts 'text' in single quotes as a source. Up to the April 2026 tree the pipeline then looks for a stage of that name and fails the goal with a mapping error; only the package heddle-ai 0.9.2 and later put the text into the payload. Both call themselves 0.9.2.",
  hint: 'Let the worker know the constant, or pass it in the context of the goal. Where every pipeline runs heddle-ai 0.9.2 from the package index, ignore the rule.',
  example: {
    'pipeline.yaml': `name: index\npipeline_stages:\n  - name: store\n    worker_type: vector_store\n    input_mapping:\n      action: "'store'"\n      text: goal.context.text\n`,
  },
  check: ({ root }, report) => {
    for (const { map } of stagesOf(root).all) {
      const mapping = entryOf(map, 'input_mapping')?.value;
      if (mapping?.kind !== 'map') continue;
      for (const { key, value } of mapping.entries.values()) {
        if (isString(value) && isLiteral(value.value)) {
          report(
            value,
            `'${keyText(key)}' is the literal ${value.value.slice(0, 60)}, which older pipelines cannot resolve`,
            { remedy: { do: 'move-literal', rule: 'literal-mapping' } },
          );
        }
      }
    }
  },
};
