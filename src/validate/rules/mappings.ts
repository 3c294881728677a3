import { asTextHint, describe, list } from '../../config/describe.ts';
import { entryOf, isString, keyText } from '../../config/node.ts';
import { closest } from '../../suggest.ts';
import type { ConfigRule, Rule } from '../rule.ts';
import { isLiteral, knownAt, stagesOf } from '../stages.ts';

const mappingSource: ConfigRule = {
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

const OF_GOAL = ['context', 'instruction'];
const OF_STAGE = ['output', 'model_used', 'processing_time_ms'];

const mappingPath: ConfigRule = {
  id: 'mapping-path',
  scope: 'config',
  kinds: ['pipeline'],
  severity: 'warning',
  summary: 'A path goes where a goal or a stage holds nothing.',
  why: 'Of a goal, a pipeline keeps instruction and context; of a stage, output, model_used and processing_time_ms. A path to anything else fails the goal with a mapping error when the stage is reached.',
  hint: 'Put .context or .output behind the first word.',
  example: {
    'pipeline.yaml':
      'name: digest\npipeline_stages:\n  - name: extract\n    worker_type: extractor\n    input_mapping:\n      text: goal.text\n',
  },
  check: ({ root }, report) => {
    const stages = stagesOf(root);
    for (const { map, index } of stages.all) {
      const mapping = entryOf(map, 'input_mapping')?.value;
      if (mapping?.kind !== 'map') continue;
      for (const { key, value } of mapping.entries.values()) {
        if (!isString(value) || isLiteral(value.value)) continue;
        const [source, member] = value.value.split('.') as [string, string | undefined];
        if (source !== 'goal' && !knownAt(stages, source, index)) continue;
        const known = source === 'goal' ? OF_GOAL : OF_STAGE;
        if (member === undefined || known.includes(member)) continue;
        const rest = value.value.slice(source.length + 1);
        report(value, `'${keyText(key)}' reads '${member}' of '${source}', which has only ${list(known)}`, {
          hint: `did you mean ${closest(member, known).length > 0 ? `${source}.${closest(member, known)[0]}` : `${source}.${known[0]}.${rest}`}?`,
        });
      }
    }
  },
};

const literalMapping: ConfigRule = {
  id: 'literal-mapping',
  scope: 'config',
  kinds: ['pipeline'],
  severity: 'error',
  summary: 'A mapping gives a literal in single quotes.',
  why: "Every Heddle accepts 'text' in single quotes as a source. Up to the April 2026 tree the pipeline then looks for a stage of that name and fails the goal with a mapping error; only the package heddle-ai 0.9.2 and later put the text into the payload. Both call themselves 0.9.2.",
  hint: 'Let the worker know the constant, or pass it in the context of the goal. Where every pipeline runs heddle-ai 0.9.2 from the package index, ignore the rule.',
  example: {
    'pipeline.yaml': `name: index\npipeline_stages:\n  - name: store\n    worker_type: vector_store\n    input_mapping:\n      action: "'store'"\n      text: goal.context.text\n`,
  },
  check: ({ root }, report) => {
    for (const { map } of stagesOf(root).all) {
      const mapping = entryOf(map, 'input_mapping')?.value;
      if (mapping?.kind !== 'map') continue;
      for (const { key, value } of mapping.entries.values()) {
        if (isString(value) && isLiteral(value.value)) {
          report(
            value,
            `'${keyText(key)}' is the literal ${value.value.slice(0, 60)}, which older pipelines cannot resolve`,
            { remedy: { do: 'move-literal', rule: 'literal-mapping' } },
          );
        }
      }
    }
  },
};

export const MAPPING_RULES: readonly Rule[] = [mappingSource, mappingPath, literalMapping];
