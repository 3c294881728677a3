import { keyFault } from './key-fault.ts';
import {
  addEntry,
  type Entry,
  type KeyId,
  type MapNode,
  type Node,
  nullAt,
  type ScalarNode,
  type ScalarStyle,
} from './node.ts';
import type { DocumentProblem } from './problem.ts';
import {
  asItEnds,
  type Classify,
  placeOf,
  type RawAlias,
  type RawMap,
  type RawNode,
  type RawScalar,
  type RawSeq,
  startOf,
  styleOf,
} from './raw-node.ts';
import { type Resolved, resolvePlain, resolveTagged, showTag } from './scalar.ts';

/** The value of a multi-line scalar whose lines were joined before parsing; undefined where PyYAML would not read it. */
export type Refold = (start: number, end: number, style: ScalarStyle) => string | undefined;

export interface Built {
  readonly root: Node;
  readonly problems: readonly DocumentProblem[];
}

/** A file whose aliases and merges unfold to more values than this is refused; a real config has some hundreds. */
export const MAX_UNFOLDED = 1_000_000;

const TAG = 'tag:yaml.org,2002:';
const MERGED = 'a merge key (<<) needs a mapping or a list of mappings';

/** A value that cannot be loaded, and how deep it stands. */
interface Refusal {
  readonly problem: DocumentProblem;
  readonly level: number;
}

/** Turns the parser's tree into what SafeLoader would build: typed scalars, merged mappings, aliases followed. */
export function build(raw: unknown, text: string, classify: Classify, refold?: Refold): Built {
  /** Of the text, which PyYAML reads to its end before it loads any value. */
  const faults: DocumentProblem[] = [];
  const refusals: Refusal[] = [];
  /** How deep the values stand that are looked at. */
  let level = 0;
  const anchors = new Map<string, { node: Node; size: number }>();
  let unfolded = 0;

  const refuse = (offset: number, message: string, crash = false): void => {
    refusals.push({ problem: { code: 'value', message, offset, python: crash ? 'crash' : 'invalid' }, level });
  };
  const broken = (offset: number, message: string): void => {
    faults.push({ code: 'syntax', message, offset, python: 'invalid' });
  };

  function nodeOf(value: unknown, at: number): Node {
    unfolded += 1;
    if (value === null || value === undefined) return nullAt(at);
    switch (classify(value)) {
      case 'scalar':
        return scalarOf(value as RawScalar);
      case 'alias': {
        const alias = value as RawAlias;
        const target = anchors.get(alias.source);
        if (target === undefined) {
          broken(startOf(alias), `the alias *${alias.source} names no anchor before it`);
          return nullAt(startOf(alias));
        }
        unfolded += target.size;
        return target.node;
      }
      case 'map':
        return mapOf(value as RawMap);
      default:
        return seqOf(value as RawSeq);
    }
  }

  function declare(raw: RawNode, node: Node): void {
    const name = raw.anchor!;
    if (anchors.has(name)) broken(startOf(raw), `the anchor &${name} is declared twice`);
    anchors.set(name, { node, size: 1 });
  }

  function scalarOf(raw: RawScalar): ScalarNode {
    const node = typedScalar(raw);
    if (raw.anchor) declare(raw, node);
    return node;
  }

  function typedScalar(raw: RawScalar): ScalarNode {
    const style = styleOf(raw.type);
    const source = refolded(raw, style);
    const resolved = resolve(raw, source, style);
    if (resolved.type === 'merge' || resolved.type === 'value') {
      refuse(startOf(raw), `a plain ${source} cannot be loaded as a value; write "${source}"`);
      return scalar(raw, source, style, { type: 'str', value: source });
    }
    if (resolved.type === 'refused') {
      refuse(startOf(raw), resolved.reason, resolved.crash);
      return scalar(raw, source, style, { type: 'str', value: source });
    }
    return scalar(raw, source, style, resolved);
  }

  function refolded(raw: RawScalar, style: ScalarStyle): string {
    const source = raw.source ?? '';
    const [start, end] = placeOf(raw);
    if (style === 'block') return asItEnds(source, text.slice(start, end));
    if (refold === undefined) return source;
    if (!text.slice(start, end).includes('\n')) return source;
    const folded = refold(start, end, style);
    if (folded === undefined) broken(start, 'a value of several lines is cut by a comment');
    return folded ?? source;
  }

  /** An untagged plain scalar of just this text. */
  function isPlain(value: unknown, source: string): boolean {
    if ((value as RawScalar | null)?.source !== source || classify(value) !== 'scalar') return false;
    const raw = value as RawScalar;
    return raw.type === 'PLAIN' && (raw.tag ?? '!') === '!';
  }

  function mapOf(raw: RawMap, tag = raw.tag ?? '!'): Node {
    const [start, end] = placeOf(raw);
    const name = tag === '!' ? `${TAG}map` : tag;
    if (name !== `${TAG}map`) {
      for (const pair of raw.items) {
        nodeOf(pair.key, start);
        nodeOf(pair.value, start);
      }
      if (name !== `${TAG}set`) refuse(start, `the tag ${showTag(name)} does not fit a mapping`);
      const set: Node = { kind: 'other', type: 'set', start, end };
      if (raw.anchor) declare(raw, set);
      return set;
    }
    const entries = new Map<KeyId, Entry>();
    const map: MapNode = { kind: 'map', entries, flow: raw.flow === true, start, end };
    const before = unfolded;
    // Known from the start: a mapping may hold itself.
    if (raw.anchor) declare(raw, map);
    const own: { key: ScalarNode; value: Node }[] = [];
    const sources: MapNode[] = [];
    const first = refusals.length;
    const unmergeable: Refusal[] = [];
    const merged: Refusal[] = [];
    level += 1;
    for (const pair of raw.items) {
      const fault = keyFault(text, pair, start, raw.flow === true);
      if (fault !== undefined) broken(fault.offset, fault.message);
      if (isPlain(pair.key, '<<')) {
        const until = refusals.length;
        const value = mergedOf(pair.value, start);
        for (const each of refusals.splice(until)) merged.push(each);
        mergeSources(value, sources);
        for (const each of refusals.splice(until)) unmergeable.push(each);
        continue;
      }
      let key: Node;
      if (isPlain(pair.key, '=')) {
        // PyYAML reads `=` as text where it is a key, and refuses it where it is a value.
        const place = placeOf(pair.key as RawScalar);
        key = { kind: 'scalar', type: 'str', value: '=', text: '=', style: 'plain', start: place[0], end: place[1] };
      } else {
        key = nodeOf(pair.key, start);
      }
      if (key.kind !== 'scalar') refuse(key.start, 'a list or a mapping cannot be a key');
      const value = nodeOf(pair.value, key.end);
      if (key.kind === 'scalar') own.push({ key, value });
    }
    level -= 1;
    // All is merged before any value of the mapping is loaded, and what came so is loaded first.
    for (const each of [unmergeable, merged, refusals.splice(first)].flat()) refusals.push(each);
    for (const source of sources) {
      unfolded += source.entries.size;
      if (unfolded > MAX_UNFOLDED) break;
      for (const [id, entry] of source.entries) entries.set(id, entry.merged ? entry : { ...entry, merged: true });
    }
    for (const { key, value } of own) addEntry(entries, key, value);
    if (raw.anchor) anchors.set(raw.anchor, { node: map, size: unfolded - before });
    return map;
  }

  /**
   * What is merged is not loaded itself: its tag does not matter, and a scalar is refused unread. Its values are those of the mapping at
   * `base`.
   */
  function mergedOf(value: unknown, at: number, base = level): Node {
    const kind = value === null || value === undefined ? 'scalar' : classify(value);
    // Under its anchor it may be loaded elsewhere.
    if (kind === 'alias' || (value as RawNode | undefined)?.anchor) return nodeOf(value, at);
    if (kind === 'scalar') return nullAt(value ? startOf(value as RawScalar) : at);
    unfolded += 1;
    if (kind === 'seq') return seqOf(value as RawSeq, '!', (item, where) => mergedOf(item, where, base));
    const before = level;
    level = base - 1;
    const map = mapOf(value as RawMap, '!');
    level = before;
    return map;
  }

  /** In the order in which PyYAML lays them down: within one list the first wins, so it comes last. */
  function mergeSources(value: Node, sources: MapNode[]): void {
    if (value.kind === 'map') {
      sources.push(value);
      return;
    }
    const other = value.kind === 'seq' ? value.items.filter(({ kind }) => kind !== 'map') : [value];
    for (const { start } of other) refuse(start, MERGED);
    if (value.kind !== 'seq') return;
    for (const item of value.items.toReversed()) if (item.kind === 'map') sources.push(item);
  }

  function seqOf(raw: RawSeq, tag = raw.tag ?? '!', itemOf = nodeOf): Node {
    const [start, end] = placeOf(raw);
    const items: Node[] = [];
    const seq: Node = { kind: 'seq', items, flow: raw.flow === true, start, end };
    const before = unfolded;
    if (raw.anchor) declare(raw, seq);
    level += 1;
    for (const item of raw.items) items.push(itemOf(item, start));
    level -= 1;
    const name = tag === '!' ? `${TAG}seq` : tag;
    if (name === `${TAG}omap` || name === `${TAG}pairs`) {
      items.forEach((item, index) => {
        if (item.kind !== 'map' || item.entries.size !== 1)
          refuse(item.start, `each item of ${showTag(name)} must be a mapping of one key`);
        items[index] = { kind: 'other', type: 'tuple', start: item.start, end: item.end };
      });
    } else if (name !== `${TAG}seq`) {
      refuse(start, `the tag ${showTag(name)} does not fit a list`);
    }
    if (raw.anchor) anchors.set(raw.anchor, { node: seq, size: unfolded - before });
    return seq;
  }

  const root = nodeOf(raw, 0);
  // PyYAML ends at the first, and loads all values of one depth before those below.
  const problems = [...faults, ...refusals.sort((a, b) => a.level - b.level).map(({ problem }) => problem)];
  if (unfolded > MAX_UNFOLDED) {
    problems.unshift({
      code: 'alias_bomb',
      message: `aliases and merge keys unfold to more than ${MAX_UNFOLDED.toLocaleString('en')} values`,
      hint: 'Write the values out where they are used, or remove nested aliases.',
      offset: 0,
      python: 'loads',
    });
  }
  return { root, problems };
}

function resolve(raw: RawScalar, source: string, style: ScalarStyle): Resolved {
  if (raw.tag !== undefined) return resolveTagged(raw.tag, source);
  return style === 'plain' ? resolvePlain(source) : { type: 'str', value: source };
}

function scalar(
  raw: RawScalar,
  text: string,
  style: ScalarStyle,
  resolved: Pick<ScalarNode, 'type' | 'value'>,
): ScalarNode {
  const [start, end] = placeOf(raw);
  return { kind: 'scalar', type: resolved.type, value: resolved.value, text, style, start, end };
}
