import { isSubjectPart } from '../../../contract/subject-grammar.ts';
import { isString, type Node } from '../../node.ts';
import type { Section } from '../section.ts';

export const SCOPES = ['submit', 'work', 'events', 'callback', 'metrics', 'observe', 'admin'] as const;
/**
 * What a token allows: to send and to read what it sent; to work on tasks; to be told of what it sent; to bring results over HTTP; to read
 * the metrics; to see who is on the bus and all that passes there; to read what others sent, and to send failed work again.
 */
export type Scope = (typeof SCOPES)[number] | WorkScope;
/** To work on tasks of one type alone. */
export type WorkScope = `work:${string}`;

export function scopeOf(section: Section, key: string, node: Node): Scope | undefined {
  if (!isString(node) || !isWorkScope(node.value)) return section.oneOf(key, node, SCOPES);
  if (isSubjectPart(node.value.slice('work:'.length))) return node.value;
  return section.bad(key, node, 'names no worker type', 'write work:<type>, or work for all types');
}

function isWorkScope(text: string): text is WorkScope {
  return text.startsWith('work:');
}
