import { MAX_KEY } from './key-fault.ts';
import {
  addEntry,
  type Entry,
  type KeyId,
  type MapNode,
  type Node,
  type ScalarNode,
  type ScalarStyle,
} from './node.ts';
import { resolvePlain } from './scalar.ts';
import type { RawItem, RawToken } from './strict.ts';

/**
 * The short way from the parser's concrete tokens to a tree, for the YAML that nearly every config is written in: no anchors,
 * tags, merges, explicit keys or flow collections over several lines. It decides nothing: whatever it does not know, or would
 * have to refuse, it leaves to the parser's composer by giving up. It saves a fifth of the whole time of a run.
 */
export function quickTree(document: RawToken, readBlock: (token: RawToken) => string | undefined): Node | undefined {
  const reader = new QuickReader(readBlock);
  try {
    if (!reader.trivia(document.start) || !reader.trivia(document.end)) return undefined;
    return absent(document.value) ? undefined : reader.node(document.value as RawToken);
  } catch (error) {
    if (error === GIVE_UP) return undefined;
    throw error;
  }
}

const GIVE_UP = Symbol('not plain enough');
/** What may not start a plain scalar, though the parser lets it. */
const BAD_START = /^[\t,%|>@`]/;
const SINGLE = /^'(?:[^'\n]|'')*'$/;
const DOUBLE = /^"[^"\\\n]*"$/;

class QuickReader {
  /** Where the last node ends with the blanks, comments and line ends behind it. */
  after = 0;
  readonly #readBlock: (token: RawToken) => string | undefined;

  constructor(readBlock: (token: RawToken) => string | undefined) {
    this.#readBlock = readBlock;
  }

  node(token: RawToken): Node {
    switch (token.type) {
      case 'scalar':
      case 'single-quoted-scalar':
      case 'double-quoted-scalar':
        return this.#scalar(token);
      case 'block-scalar':
        return this.#block(token);
      case 'block-map':
        return this.#map(token);
      case 'block-seq':
        return this.#seq(token);
      case 'flow-collection':
        return (token.start as RawToken).source === '{' ? this.#flowMap(token) : this.#flowSeq(token);
      default:
        throw GIVE_UP;
    }
  }

  /** Blanks, line ends, and comments that stand apart from what is before them. */
  trivia(tokens: unknown, apart = true): boolean {
    if (absent(tokens)) return true;
    let separate = apart;
    for (const token of tokens as readonly RawToken[]) {
      if (token.type === 'comment' ? !separate : token.type !== 'space' && token.type !== 'newline') return false;
      separate = true;
    }
    return true;
  }

  #scalar(token: RawToken): ScalarNode {
    const source = token.source!;
    const start = token.offset;
    const end = start + source.length;
    this.#endOf(token, end);
    if (token.type === 'scalar') {
      if (source.includes('\n') || BAD_START.test(source)) throw GIVE_UP;
      const resolved = resolvePlain(source);
      if (resolved.type === 'merge' || resolved.type === 'value' || resolved.type === 'refused') throw GIVE_UP;
      return { kind: 'scalar', type: resolved.type, value: resolved.value, text: source, style: 'plain', start, end };
    }
    if (!(token.type === 'single-quoted-scalar' ? SINGLE : DOUBLE).test(source)) throw GIVE_UP;
    const inside = source.slice(1, -1);
    return token.type === 'single-quoted-scalar'
      ? text(inside.replaceAll("''", "'"), 'single', start, end)
      : text(inside, 'double', start, end);
  }

  #block(token: RawToken): ScalarNode {
    const value = this.#readBlock(token);
    if (value === undefined) throw GIVE_UP;
    const props = token.props as readonly RawToken[];
    const last = props[props.length - 1]!;
    const header = props.find((each) => each.type === 'block-scalar-header');
    if (header === undefined || !this.trivia(props.slice(props.indexOf(header) + 1), false)) throw GIVE_UP;
    const end = last.offset + last.source!.length + token.source!.length;
    this.after = end;
    return text(value, 'block', header.offset, end);
  }

  /** `after` behind the blanks and comments that belong to a token. */
  #endOf(token: RawToken, end: number): void {
    this.after = end;
    if (absent(token.end)) return;
    if (!this.trivia(token.end, false)) throw GIVE_UP;
    for (const each of token.end as readonly RawToken[]) this.after += each.source!.length;
  }

  #map(token: RawToken): MapNode {
    const entries = new Map<KeyId, Entry>();
    let after = token.offset;
    let commentEnd: number | undefined;
    for (const item of token.items!) {
      if (!this.trivia(item.start)) throw GIVE_UP;
      if (absent(item.key) && absent(item.sep) && absent(item.value)) {
        commentEnd = endOfLast(item.start, after);
        continue;
      }
      if (commentEnd !== undefined) throw GIVE_UP;
      const key = this.#key(item, token.indent!);
      const sep = item.sep as readonly RawToken[];
      if (sep[0]?.type !== 'map-value-ind' || sep[0].offset - key.start > MAX_KEY) throw GIVE_UP;
      const tail = sep.slice(1);
      if (!this.trivia(tail, false)) throw GIVE_UP;
      const value = (item.value ?? undefined) as RawToken | undefined;
      if (value?.type === 'block-map' || value?.type === 'block-seq') {
        if (!tail.some((each) => each.type === 'newline') || value.offset <= key.start) throw GIVE_UP;
      }
      addEntry(entries, key, value === undefined ? this.#nothing(sep[0], tail) : this.node(value));
      after = this.after;
    }
    this.after = commentEnd ?? after;
    return { kind: 'map', entries, flow: false, start: token.offset, end: after };
  }

  #key(item: RawItem, indent: number): ScalarNode {
    const token = (item.key ?? undefined) as RawToken | undefined;
    if (token === undefined || absent(item.sep) || !absent(token.end) || token.indent !== indent) throw GIVE_UP;
    if (!token.type.endsWith('scalar') || token.type === 'block-scalar') throw GIVE_UP;
    return this.#scalar(token);
  }

  #seq(token: RawToken): Node {
    const items: Node[] = [];
    let after = token.offset;
    // Comments behind the last item belong to the list, and end it for whatever holds it.
    let commentEnd: number | undefined;
    for (const item of token.items!) {
      const start = item.start as readonly RawToken[];
      const at = start.findIndex((each) => each.type === 'seq-item-ind');
      if (at === -1) {
        if (!absent(item.value) || !this.trivia(start)) throw GIVE_UP;
        commentEnd = endOfLast(start, after);
        continue;
      }
      if (commentEnd !== undefined) throw GIVE_UP;
      const tail = start.slice(at + 1);
      if (!this.trivia(start.slice(0, at)) || !this.trivia(tail, false)) throw GIVE_UP;
      items.push(absent(item.value) ? this.#nothing(start[at]!, tail) : this.node(item.value as RawToken));
      after = this.after;
    }
    this.after = commentEnd ?? after;
    return { kind: 'seq', items, flow: false, start: token.offset, end: after };
  }

  /** A value that is not there stands behind the blanks after its indicator. */
  #nothing(indicator: RawToken, tail: readonly RawToken[]): ScalarNode {
    let at = indicator.offset + indicator.source!.length;
    for (const each of tail) {
      if (each.type !== 'space') break;
      at += each.source!.length;
    }
    this.after = at;
    if (tail.some((each) => each.type === 'comment')) {
      const last = tail[tail.length - 1]!;
      this.after = last.offset + last.source!.length;
    }
    return { kind: 'scalar', type: 'NoneType', value: null, text: '', style: 'plain', start: at, end: at };
  }

  #flowSeq(token: RawToken): Node {
    const items: Node[] = [];
    for (const [index, item] of token.items!.entries()) {
      if (!absent(item.key) || !absent(item.sep)) throw GIVE_UP;
      if (this.#flowStart(item, index, token.items!.length)) items.push(this.#inFlow(item.value));
    }
    const end = this.#flowEnd(token, ']');
    return { kind: 'seq', items, flow: true, start: token.offset, end };
  }

  #flowMap(token: RawToken): Node {
    const entries = new Map<KeyId, Entry>();
    for (const [index, item] of token.items!.entries()) {
      if (!this.#flowStart(item, index, token.items!.length)) continue;
      const sep = item.sep as readonly RawToken[] | undefined;
      const word = (item.key ?? undefined) as RawToken | undefined;
      if (word === undefined || !absent(word.end) || !word.type.endsWith('scalar')) throw GIVE_UP;
      if (sep?.[0]?.type !== 'map-value-ind' || sep.slice(1).some((each) => each.type !== 'space')) throw GIVE_UP;
      const key = this.#scalar(word);
      if (absent(item.value) || sep[0].offset - key.start > MAX_KEY) throw GIVE_UP;
      addEntry(entries, key, this.#inFlow(item.value));
    }
    const end = this.#flowEnd(token, '}');
    return { kind: 'map', entries, flow: true, start: token.offset, end };
  }

  /** A block inside [] or {} is refused. */
  #inFlow(value: unknown): Node {
    const token = value as RawToken;
    if (token.type.startsWith('block-')) throw GIVE_UP;
    return this.node(token);
  }

  /** One comma between items, blanks around it; false for the nothing after a last comma. */
  #flowStart(item: RawItem, index: number, count: number): boolean {
    let commas = 0;
    for (const token of item.start as readonly RawToken[]) {
      if (token.type === 'comma') commas += 1;
      else if (token.type !== 'space') throw GIVE_UP;
    }
    if (commas !== (index === 0 ? 0 : 1)) throw GIVE_UP;
    if (!absent(item.key) || !absent(item.value)) return true;
    if (!absent(item.sep) || index < count - 1) throw GIVE_UP;
    return false;
  }

  #flowEnd(token: RawToken, close: string): number {
    const [closing, ...rest] = token.end as readonly RawToken[];
    if (closing?.source !== close || !this.trivia(rest, false)) throw GIVE_UP;
    const end = closing.offset + 1;
    this.after = end;
    for (const each of rest) this.after += each.source!.length;
    return end;
  }
}

function endOfLast(tokens: unknown, otherwise: number): number {
  const last = (tokens as readonly RawToken[]).at(-1);
  return last === undefined ? otherwise : last.offset + last.source!.length;
}

/** The parser leaves out what is not there, or writes null. */
function absent(part: unknown): boolean {
  return part === undefined || part === null;
}

function text(value: string, style: ScalarStyle, start: number, end: number): ScalarNode {
  return { kind: 'scalar', type: 'str', value, text: value, style, start, end };
}
