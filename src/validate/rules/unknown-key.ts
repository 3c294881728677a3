import { isString, type MapNode, type Node } from '../../config/node.ts';
import { closest } from '../../suggest.ts';
import type { ConfigRule, Report } from '../rule.ts';
import { SHAPES } from '../shapes/list.ts';
import { knownKeys, type Shape, type Spec } from '../shapes/shape.ts';

export const unknownKey: ConfigRule = {
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
  check: (subject, report) => visit(subject.root, SHAPES[subject.kind], report),
};

function visit(map: MapNode, shape: Shape, report: Report): void {
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
    if (spec.shape !== undefined) visit(node, spec.shape, report);
    if (spec.values !== undefined) for (const { value } of node.entries.values()) descend(value, spec.values, report);
  }
}
