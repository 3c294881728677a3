import type { ConfigDocument } from '../../config/document.ts';
import { entryOf, isNull, isString, keyText, type MapNode, type Node } from '../../config/node.ts';
import { closest } from '../../suggest.ts';
import type { ConfigRule, Report, Rule } from '../rule.ts';
import { SHAPES } from '../shapes/list.ts';
import { knownKeys, type Shape, type Spec } from '../shapes/shape.ts';
import { stagesOf } from '../stages.ts';

const unknownKey: ConfigRule = {
  id: 'unknown-key',
  scope: 'config',
  kinds: 'all',
  severity: 'warning',
  summary: 'A key looks like a misspelt one.',
  why: 'Heddle ignores keys that it does not know. A misspelt optional key is silently without effect.',
  hint: 'Correct the spelling, or leave the key as it is when it is meant for something else and silence the rule.',
  example: {
    'worker.yaml': 'name: summarizer\nsystem_prompt: Answer in one sentence.\ntimeout_second: 30\ntier: local\n',
  },
  check: (subject, report) => findUnknown(subject.root, SHAPES[subject.kind], report),
};

function findUnknown(map: MapNode, shape: Shape, report: Report): void {
  const known = knownKeys(shape);
  for (const { key, value } of map.entries.values()) {
    if (!isString(key)) continue;
    if (!known.has(key.value)) {
      const meant = meantKey(key.value, shape, known, map);
      if (meant !== undefined) {
        report(key, `the key '${key.value}' is unknown and ignored`, { hint: `did you mean '${meant}'?` });
      }
      continue;
    }
    const spec = known.get(key.value);
    if (spec !== undefined) descend(value, spec, report);
  }
}

/** A key that stands in the same mapping already was not meant. */
function meantKey(word: string, shape: Shape, known: ReadonlyMap<string, unknown>, map: MapNode): string | undefined {
  const instead = shape.instead !== undefined && Object.hasOwn(shape.instead, word) ? shape.instead[word] : undefined;
  const joined = word.toLowerCase().replace(/[\s-]+/g, '_');
  const candidates = [instead, known.has(joined) ? joined : undefined, ...closest(word, known.keys())];
  return candidates.find((each) => each !== undefined && !map.entries.has(each));
}

function descend(node: Node, spec: Spec, report: Report): void {
  if (spec.is === 'list' && spec.item !== undefined && node.kind === 'seq') {
    for (const item of node.items) descend(item, spec.item, report);
  } else if (spec.is === 'map' && node.kind === 'map') {
    if (spec.shape !== undefined) findUnknown(node, spec.shape, report);
    if (spec.values !== undefined) for (const { value } of node.entries.values()) descend(value, spec.values, report);
  }
}

const duplicateKey: ConfigRule = {
  id: 'duplicate-key',
  scope: 'config',
  kinds: 'all',
  severity: 'warning',
  summary: 'A key stands twice in one mapping.',
  why: 'PyYAML takes the last value and says nothing of the others: what was written first is lost.',
  hint: 'Remove or rename one of the two.',
  example: {
    'worker.yaml':
      'name: summarizer\nsystem_prompt: Answer in one sentence.\ntimeout_seconds: 30\nmax_output_tokens: 500\ntimeout_seconds: 60\n',
  },
  check: ({ document, root }, report) => findDuplicates(root, document, new Set(), report),
};

function findDuplicates(node: Node, document: ConfigDocument, seen: Set<Node>, report: Report): void {
  if ((node.kind !== 'map' && node.kind !== 'seq') || seen.has(node)) return;
  seen.add(node);
  if (node.kind === 'seq') {
    for (const item of node.items) findDuplicates(item, document, seen, report);
    return;
  }
  for (const { key, value, merged, earlier } of node.entries.values()) {
    if (earlier !== undefined && !merged) {
      const { line } = document.position(earlier.start);
      report(key, `the key '${keyText(key)}' stands in line ${line} already, and what it says there is lost`);
    }
    findDuplicates(value, document, seen, report);
  }
}

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

const nullValue: ConfigRule = {
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

export const KEY_RULES: readonly Rule[] = [unknownKey, duplicateKey, nullValue];
