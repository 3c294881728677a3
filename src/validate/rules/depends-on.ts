import { entryOf, isString } from '../../config/node.ts';
import { closest } from '../../suggest.ts';
import { asTextHint, describe } from '../describe.ts';
import type { ConfigRule } from '../rule.ts';
import { knownAt, stagesOf } from '../stages.ts';

export const dependsOn: ConfigRule = {
  id: 'depends-on',
  scope: 'config',
  kinds: ['pipeline'],
  severity: 'error',
  summary: 'depends_on names something that is no earlier stage.',
  why: 'Heddle accepts the names of stages that stand before this one, and nothing else.',
  hint: 'Correct the name, or move the stage.',
  example: {
    'pipeline.yaml':
      'name: digest\npipeline_stages:\n  - name: extract\n    worker_type: extractor\n  - name: summarize\n    worker_type: summarizer\n    depends_on: [extracts]\n',
  },
  check: ({ root }, report) => {
    const stages = stagesOf(root);
    for (const { map, index, path } of stages.all) {
      const depends = entryOf(map, 'depends_on')?.value;
      if (depends?.kind !== 'seq') continue;
      for (const item of depends.items) {
        const details = { key: `${path}.depends_on` };
        if (!isString(item)) {
          report(item, `'depends_on' holds names of stages, this is ${describe(item)}`, {
            ...details,
            hint: asTextHint(item),
          });
        } else if (!knownAt(stages, item.value, index)) {
          const later = stages.first.has(item.value);
          const earlier = [...stages.first].filter(([, at]) => at < index).map(([name]) => name);
          const [near] = closest(item.value, earlier);
          report(item, `'${item.value}' is ${later ? 'a later stage' : 'no stage'}`, {
            ...details,
            hint: later
              ? `move the stage '${item.value}' before this one`
              : near === undefined
                ? undefined
                : `did you mean '${near}'?`,
          });
        }
      }
    }
  },
};
