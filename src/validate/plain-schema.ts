import { isInteger, isNumber, isString, type MapNode, type Node } from '../config/node.ts';

/**
 * Whether a schema is valid beyond doubt: only common keywords, each with a value that the meta-schema allows. Most schemas
 * are, and need neither the meta-schema's validator, which takes milliseconds to compile, nor a copy as plain data. False
 * means only that the validator has to look.
 */
export function isPlainlyValid(schema: Node, depth = 0): boolean {
  // Deeper ones may hold themselves.
  if (schema.kind !== 'map' || depth > 20) return false;
  for (const { key, value } of schema.entries.values()) {
    if (!isString(key) || KEYWORDS.get(key.value)?.(value, depth) !== true) return false;
  }
  return true;
}

type Check = (value: Node, depth: number) => boolean;

const TYPES = new Set(['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']);
const count: Check = (value) => isInteger(value) && value.value >= 0;
const number: Check = (value) => isNumber(value) && Number.isFinite(Number(value.value));
const schema: Check = (value, depth) => isPlainlyValid(value, depth + 1);
const list: Check = (value) => value.kind === 'seq';
const anything: Check = () => true;

const KEYWORDS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['type', (value) => isString(value) && TYPES.has(value.value)],
  ['required', (value) => value.kind === 'seq' && areDifferentTexts(value.items)],
  ['properties', (value, depth) => value.kind === 'map' && everySchema(value, depth)],
  ['items', schema],
  [
    'additionalProperties',
    (value, depth) => (value.kind === 'scalar' && value.type === 'bool') || schema(value, depth),
  ],
  ['enum', list],
  ['title', isString],
  ['description', isString],
  ['format', isString],
  ['minLength', count],
  ['maxLength', count],
  ['minItems', count],
  ['maxItems', count],
  ['minimum', number],
  ['maximum', number],
  ['default', anything],
  ['const', anything],
]);

function areDifferentTexts(items: readonly Node[]): boolean {
  return (
    items.every(isString) && new Set(items.map((item) => (item as { value?: unknown }).value)).size === items.length
  );
}

function everySchema(map: MapNode, depth: number): boolean {
  for (const { value } of map.entries.values()) if (!schema(value, depth)) return false;
  return true;
}
