import { entryOf, isString, keyText } from '../../config/node.ts';
import { closest } from '../../suggest.ts';
import { list } from '../describe.ts';
import type { ConfigRule } from '../rule.ts';
import { isLiteral, knownAt, stagesOf } from '../stages.ts';

const OF_GOAL = ['context', 'instruction'];
const OF_STAGE = ['output', 'model_used', 'processing_time_ms'];

export const mappingPath: ConfigRule = {
  id: 'mapping-path',
  scope: 'config',
  kinds: ['pipeline'],
  severity: 'warning',
  summary: 'A path goes where a goal or a stage holds nothing.',
  why: 'Of a goal, a pipeline keeps instruction and context; of a stage, output, model_used and processing_time_ms. A path to anything else fails the goal with a mapping error when the stage is reached.',
  hint: 'Put .context or .output behind the first word.',
  example: {
    'pipeline.yaml':
      'name: digest\npipeline_stages:\n  - name: extract\n    worker_type: extractor\n    input_mapping:\n      text: goal.text\n',
  },
  check: ({ root }, report) => {
    const stages = stagesOf(root);
    for (const { map, index } of stages.all) {
      const mapping = entryOf(map, 'input_mapping')?.value;
      if (mapping?.kind !== 'map') continue;
      for (const { key, value } of mapping.entries.values()) {
        if (!isString(value) || isLiteral(value.value)) continue;
        const [source, member] = value.value.split('.') as [string, string | undefined];
        if (source !== 'goal' && !knownAt(stages, source, index)) continue;
        const known = source === 'goal' ? OF_GOAL : OF_STAGE;
        if (member === undefined || known.includes(member)) continue;
        const rest = value.value.slice(source.length + 1);
        report(value, `'${keyText(key)}' reads '${member}' of '${source}', which has only ${list(known)}`, {
          hint: `did you mean ${closest(member, known).length > 0 ? `${source}.${closest(member, known)[0]}` : `${source}.${known[0]}.${rest}`}?`,
        });
      }
    }
  },
};
