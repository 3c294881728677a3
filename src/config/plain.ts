import { entryOf, keyText, type MapNode, type Node, type ScalarNode } from './node.ts';

/** Plain data from nodes: what `json.dumps` of the Python value would hold. Shared nodes stay shared objects. */
export function toPlain(node: Node): unknown {
  return convert(node, new Map());
}

/**
 * A schema for Heddle's shallow check: its `properties` in the order of the file, with their keys as they are. An object
 * would put those that look like numbers first.
 */
export function contractOf(schema: MapNode): Readonly<Record<string, unknown>> {
  const plain = toPlain(schema) as Record<string, unknown>;
  const properties = entryOf(schema, 'properties')?.value;
  if (properties?.kind !== 'map') return plain;
  return {
    ...plain,
    properties: new Map([...properties.entries.values()].map(({ key, value }) => [key.value, toPlain(value)])),
  };
}

function convert(node: Node, known: Map<Node, unknown>): unknown {
  if (node.kind === 'scalar') return typeof node.value === 'bigint' ? Number(node.value) : node.value;
  if (node.kind === 'other') return null;
  const seen = known.get(node);
  if (seen !== undefined) return seen;
  if (node.kind === 'seq') {
    const list: unknown[] = [];
    known.set(node, list);
    for (const item of node.items) list.push(convert(item, known));
    return list;
  }
  const map: Record<string, unknown> = {};
  known.set(node, map);
  for (const { key, value } of node.entries.values()) {
    // defineProperty: a key named __proto__ is a key like any other.
    Object.defineProperty(map, jsonKey(key), {
      value: convert(value, known),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return map;
}

function jsonKey(key: ScalarNode): string {
  if (key.type === 'bool') return key.value ? 'true' : 'false';
  if (key.type === 'NoneType') return 'null';
  return keyText(key);
}
