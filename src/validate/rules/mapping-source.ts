import { entryOf, isString, keyText } from '../../config/node.ts';
import { closest } from '../../suggest.ts';
import { asTextHint, describe } from '../describe.ts';
import type { ConfigRule } from '../rule.ts';
import { isLiteral, knownAt, stagesOf } from '../stages.ts';

export const mappingSource: ConfigRule = {
  id: 'mapping-source',
  scope: 'config',
  kinds: ['pipeline'],
  severity: 'error',
  summary: 'A payload field is mapped from something that does not exist.',
  why: 'The source of a mapping is a path that starts with goal or with the name of an earlier stage. Heddle refuses anything else.',
  hint: 'Start the path with goal.context, or with <stage>.output of a stage that stands before this one.',
  example: {
    'pipeline.yaml':
      'name: digest\npipeline_stages:\n  - name: extract\n    worker_type: extractor\n    input_mapping:\n      text: goal.context.text\n  - name: summarize\n    worker_type: summarizer\n    input_mapping:\n      text: extrct.output.text\n      count: 5\n',
  },
  check: ({ root }, report) => {
    const stages = stagesOf(root);
    for (const { map, index, path } of stages.all) {
      const mapping = entryOf(map, 'input_mapping')?.value;
      if (mapping?.kind !== 'map') continue;
      for (const { key, value } of mapping.entries.values()) {
        const field = keyText(key);
        const details = { key: `${path}.input_mapping['${field}']` };
        if (!isString(value)) {
          const hint =
            value.kind === 'scalar' && value.type === 'bool'
              ? asTextHint(value)
              : 'a mapping takes paths; constants belong into the worker or the goal';
          report(value, `the source of '${field}' must be a path, it is ${describe(value)}`, { ...details, hint });
        } else if (value.value === '') report(value, `the source of '${field}' is empty`, details);
        else if (!isLiteral(value.value)) {
          const source = value.value.split('.')[0]!;
          if (source === 'goal' || knownAt(stages, source, index)) continue;
          const later = stages.first.has(source);
          const earlier = [...stages.first].filter(([, at]) => at < index).map(([name]) => name);
          const [near] = closest(source, ['goal', ...earlier]);
          report(
            value,
            `'${field}' comes from '${source}', which is ${later ? 'a later stage' : 'neither goal nor a stage'}`,
            {
              ...details,
              hint: later
                ? `move the stage '${source}' before this one`
                : near === undefined
                  ? undefined
                  : `did you mean '${near}'?`,
            },
          );
        }
      }
    }
  },
};
