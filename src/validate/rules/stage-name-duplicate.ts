import { entryOf } from '../../config/node.ts';
import type { ConfigRule } from '../rule.ts';
import { stagesOf } from '../stages.ts';

export const stageNameDuplicate: ConfigRule = {
  id: 'stage-name-duplicate',
  scope: 'config',
  kinds: ['pipeline'],
  severity: 'error',
  summary: 'Two stages have one name.',
  why: 'Stages find each other by name: the second would replace the first, and mappings could mean either.',
  hint: 'Give each stage a name of its own.',
  example: {
    'pipeline.yaml':
      'name: digest\npipeline_stages:\n  - name: extract\n    worker_type: extractor\n  - name: extract\n    worker_type: summarizer\n',
  },
  check: ({ root }, report) => {
    const stages = stagesOf(root);
    for (const { name, index, map, path } of stages.all) {
      if (name === undefined || stages.first.get(name) === index) continue;
      report(entryOf(map, 'name')!.value, `the name '${name}' is taken by stage ${stages.first.get(name)! + 1}`, {
        key: `${path}.name`,
      });
    }
  },
};
