import { describe, list, nearest } from '../describe.ts';
import { isInteger, isNull, isString, keyText, type MapNode, type Node, type ScalarNode } from '../node.ts';

/** One thing that a config may not say, with its place. */
export interface Objection {
  readonly what: 'missing-key' | 'wrong-type' | 'bad-value' | 'unknown-key' | 'inline-secret' | 'bad-mapping';
  readonly at: { readonly start: number; readonly end: number };
  readonly message: string;
  readonly hint?: string | undefined;
}

/** A key in a section, with where it stands. */
export interface Named<T> {
  readonly name: string;
  readonly key: ScalarNode;
  readonly value: T;
}

/**
 * One mapping of a config that is read to the last key: whatever was not asked for when the reading is finished is unknown,
 * and says so. So the keys that there are stand in one place, which is the reader.
 */
export class Section {
  readonly map: MapNode;
  /** `webhooks['orders'].verify`; empty at the top. */
  readonly path: string;
  readonly #objections: Objection[];
  readonly #asked = new Set<string>();

  constructor(map: MapNode, path: string, objections: Objection[]) {
    this.map = map;
    this.path = path;
    this.#objections = objections;
  }

  object(what: Objection['what'], at: Objection['at'], message: string, hint?: string): undefined {
    this.#objections.push({ what, at: { start: at.start, end: at.end }, message, hint });
  }

  /** How messages call a key of this section. */
  called(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`;
  }

  /** The value, for who reads it himself; null counts as absent. */
  node(key: string): Node | undefined {
    this.#asked.add(key);
    const value = this.map.entries.get(key)?.value;
    return isNull(value) ? undefined : value;
  }

  /** The same, and its absence is objected to. */
  needed(key: string): Node | undefined {
    const node = this.node(key);
    if (node !== undefined) return node;
    const [first] = this.map.entries.values();
    return this.object('missing-key', first?.key ?? this.map, `the key '${this.called(key)}' is missing`);
  }

  text(key: string): string | undefined {
    return this.#textOf(key, this.node(key));
  }

  neededText(key: string): string | undefined {
    return this.#textOf(key, this.needed(key));
  }

  truth(key: string): boolean | undefined {
    const node = this.node(key);
    if (node === undefined) return undefined;
    if (node.kind === 'scalar' && node.type === 'bool') return node.value as boolean;
    return this.wrong(key, node, 'true or false');
  }

  whole(key: string, min: number, max: number): number | undefined {
    const node = this.node(key);
    if (node === undefined) return undefined;
    if (!isInteger(node)) return this.wrong(key, node, `a whole number from ${min} to ${max}`);
    if (node.value >= min && node.value <= max) return Number(node.value);
    return this.bad(key, node, `must be from ${min} to ${max}, it is ${String(node.value)}`);
  }

  choice<const T extends string>(key: string, of: readonly T[]): T | undefined {
    const node = this.node(key);
    return node === undefined ? undefined : this.oneOf(key, node, of);
  }

  oneOf<const T extends string>(key: string, node: Node, of: readonly T[]): T | undefined {
    if (!isString(node)) return this.wrong(key, node, `one of ${list(of)}`);
    const found = of.find((each) => each === node.value);
    if (found !== undefined) return found;
    return this.bad(key, node, `must be one of ${list(of)}, it is ${describe(node)}`, nearest(node.value, of));
  }

  texts(key: string): readonly string[] {
    return this.items(key).flatMap((node, index) => this.#textOf(`${key}[${index}]`, node) ?? []);
  }

  items(key: string): readonly Node[] {
    const node = this.node(key);
    if (node === undefined) return [];
    if (node.kind === 'seq') return node.items;
    this.wrong(key, node, 'a list');
    return [];
  }

  section(key: string): Section | undefined {
    const node = this.node(key);
    return node === undefined ? undefined : this.below(key, node);
  }

  neededSection(key: string): Section | undefined {
    const node = this.needed(key);
    return node === undefined ? undefined : this.below(key, node);
  }

  sections(key: string): readonly Section[] {
    return this.items(key).flatMap((node, index) => this.below(`${key}[${index}]`, node) ?? []);
  }

  below(key: string, node: Node): Section | undefined {
    if (node.kind === 'map') return new Section(node, this.called(key), this.#objections);
    return this.wrong(key, node, 'a mapping');
  }

  /** A mapping from names of the user's own to sections. */
  named(key: string): readonly Named<Section>[] {
    return this.members(key).flatMap(({ name, key: at, value }) => {
      const section = this.below(`${key}['${name}']`, value);
      return section === undefined ? [] : [{ name, key: at, value: section }];
    });
  }

  members(key: string): readonly Named<Node>[] {
    const node = this.node(key);
    if (node === undefined) return [];
    if (node.kind !== 'map') {
      this.wrong(key, node, 'a mapping');
      return [];
    }
    return [...node.entries.values()].map(({ key, value }) => ({ name: keyText(key), key, value }));
  }

  wrong(key: string, node: Node, expected: string): undefined {
    return this.object('wrong-type', node, `'${this.called(key)}' must be ${expected}, it is ${describe(node)}`);
  }

  bad(key: string, node: Node, problem: string, hint?: string): undefined {
    return this.object('bad-value', node, `'${this.called(key)}' ${problem}`, hint);
  }

  /** Objects to every key that nobody asked for. Called when all that there is has been asked for. */
  finish(): void {
    for (const { key } of this.map.entries.values()) {
      const name = keyText(key);
      if (isString(key) && this.#asked.has(key.value)) continue;
      const left = [...this.#asked].filter((each) => !this.map.entries.has(each));
      const where = this.path === '' ? '' : ` in '${this.path}'`;
      const hint =
        nearest(name, left) ?? (left.length === 0 ? undefined : `there are ${list([...this.#asked].sort())}`);
      this.object('unknown-key', key, `there is no key '${name}'${where}`, hint);
    }
  }

  #textOf(key: string, node: Node | undefined): string | undefined {
    if (node === undefined) return undefined;
    if (!isString(node)) return this.wrong(key, node, 'text');
    return node.value === '' ? this.bad(key, node, 'is empty') : node.value;
  }
}
