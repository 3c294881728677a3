import type { ConfigKind } from '../config/kind.ts';
import { type Entry, entryOf, isString, type MapNode, type Node } from '../config/node.ts';
import { stagesOf } from './stages.ts';
import { rememberLast } from './subject.ts';

export interface UserSchema {
  readonly schema: MapNode;
  /** `input_schema`, or `pipeline_stages[0].input_schema`. */
  readonly path: string;
  readonly key: Node;
  /** The schema and every schema inside it, each once. */
  readonly all: readonly MapNode[];
}

const ofWorker = rememberLast((root: MapNode): readonly UserSchema[] => [...schemasIn('worker', root)]);
const ofPipeline = rememberLast((root: MapNode): readonly UserSchema[] => [...schemasIn('pipeline', root)]);

/** The JSON Schemas that a config holds; half a dozen rules ask for them. */
export function userSchemas(kind: ConfigKind, root: MapNode): readonly UserSchema[] {
  return kind === 'worker' ? ofWorker(root) : kind === 'pipeline' ? ofPipeline(root) : [];
}

function* schemasIn(kind: ConfigKind, root: MapNode): Generator<UserSchema> {
  if (kind === 'worker') yield* inMap(root, '');
  if (kind === 'pipeline') for (const { map, path } of stagesOf(root).all) yield* inMap(map, `${path}.`);
}

function* inMap(map: MapNode, prefix: string): Generator<UserSchema> {
  for (const name of ['input_schema', 'output_schema']) {
    const entry = entryOf(map, name);
    if (entry?.value.kind === 'map')
      yield { schema: entry.value, path: prefix + name, key: entry.key, all: subschemas(entry.value) };
  }
}

/** The only schemas that Heddle applies. */
export function isObjectSchema(schema: MapNode): boolean {
  const type = entryOf(schema, 'type')?.value;
  return isString(type) && type.value === 'object';
}

const ONE = new Set([
  'items',
  'additionalProperties',
  'unevaluatedItems',
  'unevaluatedProperties',
  'contains',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
]);
const MANY = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);

/** A shared or recursive schema is not walked again. */
function subschemas(top: MapNode): readonly MapNode[] {
  const seen = new Set<Node>([top]);
  // A set goes over what is added while it is gone over.
  for (const node of seen) {
    if (node.kind !== 'map') continue;
    for (const entry of node.entries.values()) for (const each of inside(entry)) seen.add(each);
  }
  return [...seen].filter((node) => node.kind === 'map');
}

const NONE: readonly Node[] = [];

function inside({ key, value }: Entry): readonly Node[] {
  if (!isString(key)) return NONE;
  if (ONE.has(key.value)) return [value];
  if (MANY.has(key.value)) return value.kind === 'seq' ? value.items : NONE;
  if (NAMED.has(key.value)) return value.kind === 'map' ? [...value.entries.values()].map((each) => each.value) : [];
  return NONE;
}

/** The node at a path of keys and indexes, or the last one on the way to it. */
export function nodeAt(root: Node, path: readonly string[]): Node {
  let node = root;
  for (const part of path) {
    const next = node.kind === 'seq' ? node.items[Number(part)] : node.kind === 'map' ? member(node, part) : undefined;
    if (next === undefined) return node;
    node = next;
  }
  return node;
}

function member(map: MapNode, name: string): Node | undefined {
  const found = map.entries.get(name);
  if (found !== undefined) return found.value;
  for (const { key, value } of map.entries.values()) if (String(key.value) === name) return value;
  return undefined;
}

/** A node that holds itself, through an alias inside its own anchor, cannot be written out as JSON. */
export function isRecursive(node: Node, open: Set<Node> = new Set(), done: Set<Node> = new Set()): boolean {
  if (node.kind === 'scalar' || node.kind === 'other' || done.has(node)) return false;
  if (open.has(node)) return true;
  open.add(node);
  const children = node.kind === 'seq' ? node.items : [...node.entries.values()].map((entry) => entry.value);
  const found = children.some((child) => isRecursive(child, open, done));
  open.delete(node);
  done.add(node);
  return found;
}
