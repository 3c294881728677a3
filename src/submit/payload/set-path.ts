import { setMembers } from '../../contract/edit-members.ts';
import { rawValue } from '../../contract/members.ts';
import { HeddleError } from '../../errors.ts';
import type { Assignment } from './assignment.ts';

/**
 * Sets `a.b.c` in an object, making the objects on the way; `a\.b` is one key with a dot in it. Every key is data:
 * `__proto__` becomes a member of that name and touches no prototype. Returns the keys.
 */
export function setPath(target: Record<string, unknown>, assignment: Assignment, value: unknown): readonly string[] {
  const keys = splitPath(assignment);
  let place = target;
  for (const [index, key] of keys.slice(0, -1).entries()) {
    const here = Object.hasOwn(place, key) ? place[key] : undefined;
    if (here === undefined) {
      const made: Record<string, unknown> = {};
      define(place, key, made);
      place = made;
    } else if (typeof here === 'object' && here !== null && !Array.isArray(here)) {
      place = here as Record<string, unknown>;
    } else {
      const path = keys.slice(0, index + 1).join('.');
      throw new HeddleError('usage', `${assignment.source}: "${path}" is already ${kindOf(here)}, not an object`, {
        hint: `Set one of the two; a key that contains a dot is written ${keys.slice(0, index + 1).join('\\.')}\\.${keys[index + 1] ?? ''}.`,
      });
    }
  }
  define(place, keys.at(-1) as string, value);
  return keys;
}

/** The same in the object's text: only the value at the end of the path is written, every other number keeps its digits. */
export function setPathText(text: string, [key = '', ...deeper]: readonly string[], raw: string): string {
  const value = deeper.length === 0 ? raw : setPathText(rawValue(text, key) ?? '{}', deeper, raw);
  return setMembers(text, new Map([[key, value]]));
}

function splitPath(assignment: Assignment): string[] {
  const keys = [''];
  for (let at = 0; at < assignment.key.length; at += 1) {
    const char = assignment.key[at] as string;
    const next = assignment.key[at + 1];
    if (char === '\\' && (next === '.' || next === '\\')) {
      keys[keys.length - 1] += next;
      at += 1;
    } else if (char === '.') keys.push('');
    else keys[keys.length - 1] += char;
  }
  if (keys.some((key) => key === '')) {
    throw new HeddleError('usage', `${assignment.source}: the key has an empty part between its dots`, {
      hint: 'A dot that belongs to the key is written \\. (in most shells: quote it).',
    });
  }
  return keys;
}

function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
