import { asTextHint, describe } from '../../config/describe.ts';
import { entryOf, isString, keyText } from '../../config/node.ts';
import { closest } from '../../suggest.ts';
import type { ConfigRule, Rule } from '../rule.ts';
import { isLiteral, knownAt, stagesOf } from '../stages.ts';

const dependsOn: ConfigRule = {
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

const selfDependency: ConfigRule = {
  id: 'self-dependency',
  scope: 'config',
  kinds: ['pipeline'],
  severity: 'error',
  summary: 'A stage waits for itself.',
  why: 'Heddle accepts a stage that depends on itself, or maps from itself. The pipeline then stops with "Circular dependency detected" before it can answer: the goal never gets a result.',
  hint: 'Depend on an earlier stage.',
  example: {
    'pipeline.yaml':
      'name: digest\npipeline_stages:\n  - name: extract\n    worker_type: extractor\n    depends_on: [extract]\n',
  },
  check: ({ root }, report) => {
    for (const { map, name } of stagesOf(root).all) {
      if (name === undefined || name === 'goal') continue;
      const depends = entryOf(map, 'depends_on')?.value;
      if (depends?.kind === 'seq') {
        for (const item of depends.items) {
          if (isString(item) && item.value === name)
            report(item, `the stage '${name}' depends on itself; a goal never gets an answer`, {
              hint: `leave '${name}' out of its own depends_on`,
            });
        }
      }
      const mapping = entryOf(map, 'input_mapping')?.value;
      // An explicit depends_on takes the place of what the mapping says.
      if (mapping?.kind !== 'map' || map.entries.has('depends_on')) continue;
      for (const { key, value } of mapping.entries.values()) {
        if (isString(value) && !isLiteral(value.value) && value.value.split('.')[0] === name) {
          report(value, `'${keyText(key)}' comes from the stage '${name}' itself; a goal never gets an answer`, {
            hint: 'take it from the goal or from an earlier stage',
          });
        }
      }
    }
  },
};

export const DEPENDENCY_RULES: readonly Rule[] = [dependsOn, selfDependency];
