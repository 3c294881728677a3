import { isString, type MapNode, type Node } from '../config/node.ts';

const LIMITS = new Set([
  'timeout_seconds',
  'max_input_tokens',
  'max_output_tokens',
  'interval_seconds',
  'tokens_per_minute',
  'max_concurrent',
  'synthesis_timeout_seconds',
  'threshold',
]);

/** Every key that sets a limit, at any depth, with its value. */
export function* numbersIn(root: MapNode): Generator<[string, Node]> {
  const seen = new Set<Node>();
  const waiting: Node[] = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.kind === 'scalar' || node.kind === 'other' || seen.has(node)) continue;
    seen.add(node);
    if (node.kind === 'seq') {
      for (const item of node.items) if (item.kind !== 'scalar') waiting.push(item);
      continue;
    }
    for (const { key, value } of node.entries.values()) {
      if (value.kind !== 'scalar') waiting.push(value);
      else if (isString(key) && LIMITS.has(key.value)) yield [key.value, value];
    }
  }
}
