import { entryOf, isNull, type MapNode } from '../../config/node.ts';
import type { ConfigRule, Report } from '../rule.ts';
import { stagesOf } from '../stages.ts';

const ACTORS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  pipeline: { max_concurrent_goals: 'the pipeline ends at its start' },
  orchestrator: { max_concurrent_goals: 'the orchestrator ends at its start' },
  router: { tier_overrides: 'the router dies on the first task', rate_limits: 'the router does not start' },
};
const STAGE: Readonly<Record<string, string>> = {
  input_mapping: 'a goal never gets an answer',
  depends_on: 'a goal never gets an answer',
  tier: 'the goal fails',
  max_retries: 'the goal fails',
};

export const nullValue: ConfigRule = {
  id: 'null-value',
  scope: 'config',
  kinds: ['pipeline', 'orchestrator', 'router'],
  severity: 'error',
  summary: 'A key is written without a value, and the actor needs one.',
  why: "Heddle's validate takes null for absent. The actors do not: they find the key, use null as a mapping, a list or a number, and fail, some of them without any answer to the goal.",
  hint: 'Leave the key out, or give it a value ({}, [] or a number).',
  example: {
    'pipeline.yaml':
      'name: digest\npipeline_stages:\n  - name: extract\n    worker_type: extractor\n    input_mapping:\n',
  },
  check: (subject, report) => {
    nulls(subject.root, ACTORS[subject.kind] ?? {}, report);
    if (subject.kind === 'pipeline') for (const stage of stagesOf(subject.root).all) nulls(stage.map, STAGE, report);
    if (subject.kind === 'router') {
      const limits = entryOf(subject.root, 'rate_limits')?.value;
      if (limits?.kind !== 'map') return;
      for (const { value } of limits.entries.values()) {
        if (value.kind === 'map') nulls(value, { max_concurrent: 'the router does not start' }, report);
      }
    }
  },
};

function nulls(map: MapNode, keys: Readonly<Record<string, string>>, report: Report): void {
  for (const key in keys) {
    const entry = map.entries.get(key);
    if (entry !== undefined && isNull(entry.value)) {
      const effect = keys[key]!;
      report(entry.key, `'${key}' has no value: ${effect}`, { hint: `leave '${key}' out` });
    }
  }
}
