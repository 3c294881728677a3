import { entryOf } from '../../config/node.ts';
import type { ConfigRule } from '../rule.ts';
import { stagesOf } from '../stages.ts';

export const stageNamedGoal: ConfigRule = {
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
