import { pythonFloat } from '../contract/python-words.ts';

/**
 * What a YAML value is to the running actors: the value that PyYAML's SafeLoader would build, with the place it stands.
 * An alias is the very node it points at, so a tree may share nodes and even hold itself; walkers must remember where they were.
 */
export type Node = ScalarNode | MapNode | SeqNode | OtherNode;

interface Placed {
  /** Offsets into `ConfigDocument.text`, the end exclusive. */
  readonly start: number;
  readonly end: number;
}

/** The Python type that a scalar becomes. */
export type ScalarType = 'str' | 'int' | 'float' | 'bool' | 'NoneType' | 'date' | 'datetime' | 'bytes';

export type ScalarStyle = 'plain' | 'single' | 'double' | 'block';

export interface ScalarNode extends Placed {
  readonly kind: 'scalar';
  readonly type: ScalarType;
  /** str, date, datetime and bytes hold text; an int beyond 2^53 is a bigint. */
  readonly value: string | number | bigint | boolean | null;
  /** What the file says, unquoted and unfolded, before it was taken for a number, a date or a truth value. */
  readonly text: string;
  readonly style: ScalarStyle;
}

export interface Entry {
  readonly key: ScalarNode;
  readonly value: Node;
  /** The entry came through a merge key; its nodes stand at their source. */
  readonly merged: boolean;
  /** The key as it stands earlier in the same mapping: what was written there is lost. */
  readonly earlier?: ScalarNode;
}

/** A key as Python compares it: 1, 1.0 and true are one key, "1" is another. */
export type KeyId = string | number | bigint | null;

export interface MapNode extends Placed {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<KeyId, Entry>;
  readonly flow: boolean;
}

export interface SeqNode extends Placed {
  readonly kind: 'seq';
  readonly items: readonly Node[];
  readonly flow: boolean;
}

/** `!!set` gives a set, `!!omap` and `!!pairs` lists of tuples: neither mapping nor list of values for any check. */
export interface OtherNode extends Placed {
  readonly kind: 'other';
  readonly type: 'set' | 'tuple';
}

/** Python's name for the type of a value, as it stands in its messages. */
export function pythonType(node: Node): string {
  if (node.kind === 'map') return 'dict';
  if (node.kind === 'seq') return 'list';
  return node.type;
}

export function entryOf(node: Node | undefined, key: string): Entry | undefined {
  return node?.kind === 'map' ? node.entries.get(key) : undefined;
}

/** The mappings in the list at a key; none when there is no list. */
export function mapsIn(root: MapNode, key: string): readonly MapNode[] {
  const list = entryOf(root, key)?.value;
  return list?.kind === 'seq' ? list.items.filter((item) => item.kind === 'map') : [];
}

export function childOf(node: Node | undefined, key: string): Node | undefined {
  return entryOf(node, key)?.value;
}

export function isString(node: Node | undefined): node is ScalarNode & { type: 'str'; value: string } {
  return node?.kind === 'scalar' && node.type === 'str';
}

export function isNull(node: Node | undefined): boolean {
  return node?.kind === 'scalar' && node.type === 'NoneType';
}

/** An int or a float; Python counts True as an int, the checks of Heddle mostly do not. */
export function isNumber(node: Node | undefined): node is ScalarNode & { value: number | bigint } {
  return node?.kind === 'scalar' && (node.type === 'int' || node.type === 'float');
}

export function isInteger(node: Node | undefined): node is ScalarNode & { value: number | bigint } {
  return node?.kind === 'scalar' && node.type === 'int';
}

/** Null, false, 0, "" and empty collections, as Python's `not x`. */
export function isFalsy(node: Node): boolean {
  if (node.kind === 'map') return node.entries.size === 0;
  if (node.kind === 'seq') return node.items.length === 0;
  if (node.kind === 'other') return false;
  return node.type === 'date' || node.type === 'datetime' ? false : !node.value;
}

/** Puts an entry of a mapping's own into it, as Python does: the last value wins. */
export function addEntry(entries: Map<KeyId, Entry>, key: ScalarNode, value: Node): void {
  const id = keyId(key);
  const before = entries.get(id);
  if (before === undefined) {
    entries.set(id, { key, value, merged: false });
    return;
  }
  // Of keys that are equal and of different types (1 and true), Python keeps the first.
  const kept = before.key.type === key.type ? key : before.key;
  entries.set(id, { key: kept, value, merged: false, ...(before.merged ? {} : { earlier: before.key }) });
}

export function keyId(key: ScalarNode): KeyId {
  switch (key.type) {
    case 'str':
      return key.value as string;
    case 'bool':
      return key.value ? 1 : 0;
    case 'NoneType':
      return null;
    case 'int':
    case 'float':
      return key.value as number | bigint;
    default:
      // A date is a key apart from the text it was written as; no unescaped text can hold U+0000.
      return `\u0000${key.type}:${String(key.value)}`;
  }
}

/** A key as Python's f-strings would show it. */
export function keyText(key: ScalarNode): string {
  switch (key.type) {
    case 'bool':
      return key.value ? 'True' : 'False';
    case 'NoneType':
      return 'None';
    case 'float':
      return pythonFloat(Number(key.value));
    default:
      return String(key.value);
  }
}

/** A value that is not there. */
export function nullAt(at: number): ScalarNode {
  return { kind: 'scalar', type: 'NoneType', value: null, text: '', style: 'plain', start: at, end: at };
}
