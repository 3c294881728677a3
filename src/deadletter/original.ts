import { readJsonObjectText } from '../contract/decode-json.ts';
import { rawValue } from '../contract/members.ts';
import type { Letter } from '../letters/letter.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The failed work as the characters it came in, where the letter holds it: the router puts what it refused into its dead letter, and an
 * orphan is the task itself. Undefined where it stands elsewhere, or nowhere.
 */
export function originalIn(letter: Letter): string | undefined {
  if (letter.kept !== undefined) return textOf(letter.kept);
  if (letter.kind === 'orphan') return textOf(letter.bytes);
  if (letter.kind !== 'refusal') return undefined;
  const text = textOf(letter.bytes);
  if (text === undefined || !readJsonObjectText(text).ok) return undefined;
  // Heddle's store takes a dead letter without one for the task itself.
  const raw = rawValue(text, 'original_task') ?? text;
  if (raw === 'null') return undefined;
  // What would end a Python actor that reads it, our router wraps as text.
  return raw.startsWith('"') ? unwrapped(raw) : raw;
}

export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

function unwrapped(raw: string): string | undefined {
  try {
    const value: unknown = JSON.parse(raw);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
