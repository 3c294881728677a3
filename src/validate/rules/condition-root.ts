import { closest } from '../../suggest.ts';
import { conditionsIn } from '../conditions.ts';
import type { ConfigRule } from '../rule.ts';
import { knownAt } from '../stages.ts';

export const conditionRoot: ConfigRule = {
  id: 'condition-root',
  scope: 'config',
  kinds: ['pipeline'],
  severity: 'warning',
  summary: 'A condition asks about something that does not exist.',
  why: 'Heddle does not check where the path of a condition starts. A path that leads nowhere counts as false, also for !=, so the stage is always skipped.',
  hint: 'Start the path with goal.context, or with <stage>.output of an earlier stage.',
  example: {
    'pipeline.yaml':
      'name: digest\npipeline_stages:\n  - name: extract\n    worker_type: extractor\n  - name: summarize\n    worker_type: summarizer\n    condition: extarct.output.found == true\n',
  },
  check: ({ root }, report) => {
    for (const { node, stage, stages, path } of conditionsIn(root)) {
      const source = path.split('.')[0]!;
      if (source === 'goal') continue;
      const earlier = [...stages.first].filter(([, at]) => at < stage.index).map(([name]) => name);
      if (source === stage.name || !knownAt(stages, source, stage.index)) {
        const what =
          source === stage.name
            ? 'this stage itself'
            : stages.first.has(source)
              ? 'a later stage'
              : 'neither goal nor a stage';
        const [near] = closest(source, ['goal', ...earlier]);
        report(node, `the condition asks '${source}', which is ${what}: the stage is always skipped`, {
          hint: near === undefined ? undefined : `did you mean '${near}'?`,
        });
      }
    }
  },
};
