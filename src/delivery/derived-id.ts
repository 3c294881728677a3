import { hash } from 'node:crypto';

/**
 * The same id for the same parts, in the form of a uuid: who sends something again under the key that somebody gave it
 * sends it under the same id, so that a receiver can tell. Parts that run into each other differently are different parts.
 */
export function derivedId(...parts: readonly string[]): string {
  const text = parts.map((part) => `${part.length}:${part}`).join('');
  const hex = hash('sha256', text, 'hex');
  // Version 8: made by a rule of one's own; the variant of all uuids.
  const variant = ((Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(18, 20)}-${hex.slice(20, 32)}`;
}
