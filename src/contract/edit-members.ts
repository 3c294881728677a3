import type { JsonObject } from './json.ts';
import { skipSpace } from './json-text.ts';
import { scanMembers } from './members.ts';

/** A member to add when the message has no such key. */
export interface Fill {
  readonly key: string;
  /** The key as JSON text with its colon. */
  readonly label: string;
  /** The value as JSON text, asked for only when needed. */
  readonly raw: () => string;
}

/** A member to be added where it is absent: `raw` makes its JSON text. */
export function fill(key: string, raw: () => string): Fill {
  return { key, label: `${JSON.stringify(key)}:`, raw };
}

/**
 * Adds the absent members at the end of an object, and leaves every other byte as it came: numbers beyond 2^53, `1.0`,
 * key order, spaces, duplicate keys. `parsed` is the same message, read. Nothing absent: the very same bytes.
 */
export function fillAbsentMembers(bytes: Uint8Array, parsed: JsonObject, fills: readonly Fill[]): Uint8Array {
  let added = '';
  for (const { key, label, raw } of fills) {
    if (parsed[key] === undefined) added += `,${label}${raw()}`;
  }
  // Only white space can follow the brace that closes the object.
  const brace = bytes.lastIndexOf(0x7d);
  if (added === '' || brace < 0) return bytes;
  if (isEmpty(parsed)) added = added.slice(1);
  const size = Buffer.byteLength(added);
  const out = Buffer.allocUnsafe(bytes.length + size);
  out.set(bytes, 0);
  out.write(added, brace, size, size === added.length ? 'latin1' : 'utf8');
  out.set(brace === bytes.length - 1 ? CLOSING : bytes.subarray(brace), brace + size);
  return out;
}

const CLOSING = Buffer.from('}');

function isEmpty(object: JsonObject): boolean {
  for (const _ in object) return false;
  return true;
}

/** Adds members, given as raw JSON text (`"a":1,"b":2`), at the end of an object's text. */
export function appendMembers(text: string, raw: string): string {
  if (raw === '') return text;
  const brace = text.lastIndexOf('}');
  if (brace < 0) return text;
  const comma = skipSpace(text, text.indexOf('{') + 1) === brace ? '' : ',';
  return `${text.slice(0, brace)}${comma}${raw}${text.slice(brace)}`;
}

/**
 * Replaces (raw JSON text), removes (null) or adds top-level members; all else stays character for character. A key that
 * stands twice is changed in both places, so that no reader can see the old value. `text` must be a parsed object's text.
 */
export function setMembers(text: string, changes: ReadonlyMap<string, string | null>): string {
  const members = scanMembers(text) ?? [];
  const open = text.indexOf('{');
  const left = new Map(changes);
  const kept: string[] = [];
  let before = open + 1;
  for (const member of members) {
    // What stands between the members (commas apart) is formatting, and travels with the member it precedes.
    const lead = text.slice(before, member.start);
    const change = changes.get(member.key);
    if (change === undefined) kept.push(lead + text.slice(member.start, member.end));
    else if (change !== null) kept.push(lead + text.slice(member.start, member.valueStart) + change);
    left.delete(member.key);
    const comma = text.indexOf(',', member.end);
    before = comma < 0 ? member.end : comma + 1;
  }
  for (const [key, raw] of left) if (raw !== null) kept.push(`${JSON.stringify(key)}:${raw}`);
  const last = members.at(-1);
  const tail = text.slice(last === undefined ? text.indexOf('}', open) : last.end);
  return `${text.slice(0, open + 1)}${kept.join(',')}${tail}`;
}
