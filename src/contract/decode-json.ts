import { isJsonObject, type JsonObject } from './json.ts';
import { parseTolerantJson } from './tolerant-json.ts';

/** Why bytes are not what was expected. */
export interface Unreadable {
  readonly ok: false;
  readonly reason: 'not_utf8' | 'not_json' | 'not_object';
  /** For people: what was met instead, and where. */
  readonly detail: string;
  /** The characters, when the bytes were UTF-8. */
  readonly text?: string;
  /** The value, when it was JSON of another shape. */
  readonly value?: unknown;
}

/** JSON as it was read, with the text that it stood in. */
export interface ReadJson<T = unknown> {
  readonly ok: true;
  readonly text: string;
  readonly value: T;
  /** False when only Python's dialect (NaN, Infinity) made sense of the text: other JSON readers will refuse it. */
  readonly strict: boolean;
}

/**
 * fatal: Python skips bytes that are not UTF-8, a lenient decoder would hand on damaged text instead.
 * ignoreBOM: keeps the mark in the text, so that the parser refuses it as Python does.
 */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes as JSON, in the dialect that Python reads; never throws. */
export function readJson(bytes: Uint8Array): ReadJson | Unreadable {
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    return { ok: false, reason: 'not_utf8', detail: `${bytes.length} bytes that are not UTF-8` };
  }
  return readJsonText(text);
}

/** The same for a text. */
export function readJsonText(text: string): ReadJson | Unreadable {
  try {
    return { ok: true, text, value: JSON.parse(text) as unknown, strict: true };
  } catch {
    const tolerant = parseTolerantJson(text);
    if (tolerant.ok) return { ok: true, text, value: tolerant.value, strict: false };
    return { ok: false, reason: 'not_json', detail: notJson(text, tolerant.at, tolerant.problem), text };
  }
}

/** Every message of Heddle is an object; anything else ends a Python actor or is skipped by it. */
export function readJsonObject(bytes: Uint8Array): ReadJson<JsonObject> | Unreadable {
  return requireObject(readJson(bytes));
}

/** The same for a text that must be an object. */
export function readJsonObjectText(text: string): ReadJson<JsonObject> | Unreadable {
  return requireObject(readJsonText(text));
}

function requireObject(read: ReadJson | Unreadable): ReadJson<JsonObject> | Unreadable {
  if (!read.ok) return read;
  const { value, text } = read;
  if (isJsonObject(value)) return read as ReadJson<JsonObject>;
  const what = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  return { ok: false, reason: 'not_object', detail: `expected a JSON object, got ${what}`, text, value };
}

function notJson(text: string, at: number, problem: string): string {
  if (text.length === 0) return 'the message is empty';
  if (text.charCodeAt(0) === 0xfeff) return 'not JSON: starts with a byte order mark';
  return `not JSON: ${problem}, at character ${at + 1} of ${text.length}`;
}
