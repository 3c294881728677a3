import { entryOf, isInteger, keyText, type MapNode, type Node } from '../config/node.ts';
import { DEFAULT_MAX_CONCURRENT } from '../config/views/router.ts';

export interface Limit {
  readonly tier: string;
  readonly key: Node;
  readonly limit: MapNode;
  /** The value of max_concurrent, when it is written. */
  readonly node: Node | undefined;
  /** Undefined when it is written and no whole number. */
  readonly concurrent: number | undefined;
}

export function* limitsIn(root: MapNode): Generator<Limit> {
  const limits = entryOf(root, 'rate_limits')?.value;
  if (limits?.kind !== 'map') return;
  for (const { key, value } of limits.entries.values()) {
    if (value.kind !== 'map') continue;
    const node = entryOf(value, 'max_concurrent')?.value;
    const concurrent = node === undefined ? DEFAULT_MAX_CONCURRENT : isInteger(node) ? Number(node.value) : undefined;
    yield { tier: keyText(key), key, limit: value, node, concurrent };
  }
}
