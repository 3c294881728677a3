import { entryOf } from '../../config/node.ts';
import type { ConfigRule, Rule } from '../rule.ts';
import { stagesOf } from '../stages.ts';

const stageNameDuplicate: ConfigRule = {
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

const stageNamedGoal: ConfigRule = {
  id: 'stage-named-goal',
  scope: 'config',
  kinds: ['pipeline'],
  severity: 'error',
  summary: "A stage is named 'goal'.",
  why: 'The goal itself stands under the name goal. The result of such a stage overwrites it, and every later goal.context.… fails or means the stage; its output is also left out of the final result.',
  hint: 'Choose another name.',
  example: { 'pipeline.yaml': 'name: digest\npipeline_stages:\n  - name: goal\n    worker_type: extractor\n' },
  check: ({ root }, report) => {
    for (const { name, map } of stagesOf(root).all) {
      if (name === 'goal')
        report(entryOf(map, 'name')!.value, "a stage named 'goal' overwrites the goal that other stages read");
    }
  },
};

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

export const STAGE_RULES: readonly Rule[] = [stageNameDuplicate, stageNamedGoal];
