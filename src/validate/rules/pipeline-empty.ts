import { entryOf } from '../../config/node.ts';
import type { ConfigRule } from '../rule.ts';

export const pipelineEmpty: ConfigRule = {
  id: 'pipeline-empty',
  scope: 'config',
  kinds: ['pipeline'],
  severity: 'warning',
  summary: 'A pipeline has no stages.',
  why: 'Heddle accepts it. Every goal is answered at once as completed, with an empty output.',
  hint: 'Add stages.',
  example: { 'pipeline.yaml': 'name: digest\npipeline_stages: []\n' },
  check: ({ root }, report) => {
    const stages = entryOf(root, 'pipeline_stages')?.value;
    if (stages?.kind === 'seq' && stages.items.length === 0)
      report(stages, 'without stages every goal completes with nothing done');
  },
};
