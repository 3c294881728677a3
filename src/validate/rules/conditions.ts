import { quote } from '../../config/describe.ts';
import { entryOf, isString, type MapNode, type Node } from '../../config/node.ts';
import { closest } from '../../suggest.ts';
import type { ConfigRule, Rule } from '../rule.ts';
import { knownAt, type Stage, type Stages, stagesOf, words } from '../stages.ts';
import { rememberLast } from '../subject.ts';

interface Condition {
  readonly node: Node;
  readonly stage: Stage;
  readonly stages: Stages;
  readonly path: string;
  readonly operator: string;
  readonly value: string;
}

/** The conditions that can be read at all; condition-syntax has the others. */
const conditionsIn = rememberLast((root: MapNode): readonly Condition[] => {
  const stages = stagesOf(root);
  const found: Condition[] = [];
  for (const stage of stages.all) {
    const node = entryOf(stage.map, 'condition')?.value;
    if (!isString(node)) continue;
    const [path, operator, value, more] = words(node.value);
    if (path === undefined || operator === undefined || value === undefined || more !== undefined) continue;
    if (operator === '==' || operator === '!=') found.push({ node, stage, stages, path, operator, value });
  }
  return found;
});

const conditionSyntax: ConfigRule = {
  id: 'condition-syntax',
  scope: 'config',
  kinds: ['pipeline'],
  severity: 'error',
  summary: 'A condition is not "path == value" or "path != value".',
  why: 'A condition is three words: a path, == or !=, and a value. There is no and, no or, no comparison of size, and no value with a space.',
  hint: 'Write three words, or let a worker decide and test its output.',
  example: {
    'pipeline.yaml':
      'name: digest\npipeline_stages:\n  - name: extract\n    worker_type: extractor\n    condition: goal.context.pages > 5\n',
  },
  check: ({ root }, report) => {
    for (const { map, path } of stagesOf(root).all) {
      const condition = entryOf(map, 'condition')?.value;
      if (!isString(condition)) continue;
      const parts = words(condition.value);
      const details = { key: `${path}.condition` };
      if (parts.length !== 3) {
        report(condition, `a condition is three words (path, == or !=, value), this has ${parts.length}`, {
          ...details,
          hint: 'such as: extract.output.found == true',
        });
      } else if (parts[1] !== '==' && parts[1] !== '!=') {
        report(condition, `a condition compares with == or !=, not with ${quote(parts[1]!)}`, details);
      }
    }
  },
};

const conditionRoot: ConfigRule = {
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

const conditionNever: ConfigRule = {
  id: 'condition-never',
  scope: 'config',
  kinds: ['pipeline'],
  severity: 'warning',
  summary: 'A condition compares with a value that can hardly ever match.',
  why: 'Only true, false, null and none are more than text in a condition. Everything else is compared as text: == 5 never matches the number 5, quotes are part of the text, [] and {} are two characters. With != such a condition always holds.',
  hint: 'Let the worker put out true or false, or the number as text.',
  example: {
    'pipeline.yaml':
      'name: digest\npipeline_stages:\n  - name: extract\n    worker_type: extractor\n  - name: summarize\n    worker_type: summarizer\n    condition: extract.output.pages == 5\n',
  },
  check: ({ root }, report) => {
    for (const { node, operator, value } of conditionsIn(root)) {
      const why = mismatch(value);
      if (why === undefined) continue;
      report(node, `${quote(value)} is compared as text: ${why}`, {
        hint:
          operator === '=='
            ? 'the stage is skipped unless the value is exactly this text'
            : 'the stage runs unless the value is exactly this text',
      });
    }
  },
};

function mismatch(value: string): string | undefined {
  if (/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(value)) return 'it never equals a number';
  if (/^(["'`]).*\1$/.test(value) && value.length > 1) return 'the quotes are part of it';
  if (/^(?:\[.*\]|\{.*\})$/.test(value)) return 'it never equals a list or a mapping';
  if (/^(?:undefined|nil|~)$/i.test(value)) return 'it is no null here, null and none are';
  return undefined;
}

export const CONDITION_RULES: readonly Rule[] = [conditionSyntax, conditionRoot, conditionNever];
