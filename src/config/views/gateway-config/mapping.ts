import { isString, keyText, type MapNode, type Node } from '../../node.ts';
import { toPlain } from '../../plain.ts';
import type { Section } from '../section.ts';

/** A place in the source document of a mapping, key by key; the first is one of its roots. */
export type Pointer = readonly string[];

/** How a value of a message is made of what came in. Data only: nothing of a config is ever run. */
export type Mapped =
  /** JSON text. */
  | { readonly kind: 'constant'; readonly text: string }
  | { readonly kind: 'template'; readonly parts: readonly (string | Pointer)[] }
  /** `otherwise`: JSON text for when there is nothing at the place. */
  | { readonly kind: 'ref'; readonly pointer: Pointer; readonly otherwise: string | undefined }
  | { readonly kind: 'object'; readonly members: readonly (readonly [key: string, value: Mapped])[] }
  | { readonly kind: 'list'; readonly items: readonly Mapped[] };

/** `/body/order/id` as keys; `~1` is a slash in a key and `~0` a tilde, as in RFC 6901. */
export function readPointer(text: string): Pointer | undefined {
  if (!text.startsWith('/') || /~(?![01])/.test(text)) return undefined;
  return text
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Deeper ones may hold themselves. */
const DEEPEST = 32;

/** Reads the value at a key. `roots`: what the source document has. */
export function mappedAt(
  section: Section,
  key: string,
  node: Node,
  roots: readonly string[],
  depth = 0,
): Mapped | undefined {
  if (depth > DEEPEST) return section.object('bad-mapping', node, `'${section.called(key)}' is nested too deeply`);
  if (node.kind === 'seq') {
    const items = node.items.map((item, index) => mappedAt(section, `${key}[${index}]`, item, roots, depth + 1));
    return items.includes(undefined) ? undefined : { kind: 'list', items: items as Mapped[] };
  }
  if (node.kind === 'map') {
    return isRef(node) ? refAt(section, key, node, roots) : objectAt(section, key, node, roots, depth + 1);
  }
  if (isString(node)) return templateAt(section, key, node, node.value, roots);
  return { kind: 'constant', text: constantText(node) };
}

/** A mapping that says `ref`, with or without a default, and nothing else. */
function isRef(node: MapNode): boolean {
  const keys = [...node.entries.keys()];
  return keys.includes('ref') && keys.every((key) => key === 'ref' || key === 'default');
}

function refAt(section: Section, key: string, node: MapNode, roots: readonly string[]): Mapped | undefined {
  const written = node.entries.get('ref')?.value ?? node;
  const pointer = isString(written) ? readPointer(written.value) : undefined;
  const problem = pointer === undefined ? 'is no JSON pointer' : rootProblem(pointer, roots);
  if (pointer === undefined || problem !== undefined) {
    return section.object('bad-mapping', written, `'${section.called(key)}.ref' ${problem}`, rootsHint(roots));
  }
  const fallback = node.entries.get('default')?.value;
  if (fallback === undefined || fallback.kind === 'scalar') {
    return { kind: 'ref', pointer, otherwise: fallback === undefined ? undefined : constantText(fallback) };
  }
  return section.object('bad-mapping', fallback, `'${section.called(key)}.default' must be a single value`);
}

function objectAt(
  section: Section,
  key: string,
  node: MapNode,
  roots: readonly string[],
  depth: number,
): Mapped | undefined {
  const members: (readonly [string, Mapped])[] = [];
  let whole = true;
  for (const entry of node.entries.values()) {
    const name = keyText(entry.key);
    const value = mappedAt(section, `${key}.${name}`, entry.value, roots, depth);
    if (value === undefined) whole = false;
    else members.push([name, value]);
  }
  return whole ? { kind: 'object', members } : undefined;
}

const BRACES = /\{\{|\}\}|\{([^{}]*)\}|\{/g;

function templateAt(
  section: Section,
  key: string,
  node: Node,
  text: string,
  roots: readonly string[],
): Mapped | undefined {
  const parts: (string | Pointer)[] = [];
  let plain = '';
  let from = 0;
  for (const match of text.matchAll(BRACES)) {
    plain += text.slice(from, match.index);
    from = match.index + match[0].length;
    const name = match[1];
    if (match[0] === '{{') plain += '{';
    else if (match[0] === '}}') plain += '}';
    else if (name === undefined) {
      return section.object('bad-mapping', node, `'${section.called(key)}' opens a { that is never closed`, BRACE_HINT);
    } else {
      const pointer = name.startsWith('/') ? readPointer(name) : [name];
      const problem = pointer === undefined ? 'is no JSON pointer' : rootProblem(pointer, roots);
      if (pointer === undefined || problem !== undefined) {
        const hint = `${rootsHint(roots)}; ${BRACE_HINT}`;
        return section.object('bad-mapping', node, `{${name}} in '${section.called(key)}' ${problem}`, hint);
      }
      if (plain !== '') parts.push(plain);
      plain = '';
      parts.push(pointer);
    }
  }
  plain += text.slice(from);
  if (parts.length === 0) return { kind: 'constant', text: JSON.stringify(plain) };
  if (plain !== '') parts.push(plain);
  return { kind: 'template', parts };
}

const BRACE_HINT = 'a brace that is meant as one is written {{';

function rootProblem([root = '']: Pointer, roots: readonly string[]): string | undefined {
  return roots.includes(root) ? undefined : 'leads to nothing that there is';
}

function rootsHint(roots: readonly string[]): string {
  return `what there is: ${roots.map((root) => `/${root}`).join(', ')}`;
}

function constantText(node: Node): string {
  // A whole number beyond 2^53 keeps its digits.
  if (node.kind === 'scalar' && typeof node.value === 'bigint') return node.value.toString();
  return JSON.stringify(toPlain(node));
}
