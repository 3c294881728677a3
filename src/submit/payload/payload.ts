import { compactJson } from '../../contract/compact-json.ts';
import { isJsonObject, type JsonObject } from '../../contract/json.ts';
import { pythonHazard } from '../../contract/python-hazard.ts';
import { HeddleError } from '../../errors.ts';
import { type Assignment, readJsonValue } from './assignment.ts';
import { setPath, setPathText } from './set-path.ts';

/** What goes into a message: the value, and the very text when it came as text (`1.0` and 2^53+1 stay what they are). */
export interface Payload {
  readonly value: JsonObject;
  readonly text?: string | undefined;
}

export interface PayloadParts {
  /** JSON text and where it came from: a flag, a file's name, `stdin`. */
  readonly base?: { readonly text: string; readonly source: string } | undefined;
  /** The value is text. */
  readonly strings: readonly Assignment[];
  /** The value is JSON. */
  readonly typed: readonly Assignment[];
}

/** The base, then every text, then every JSON value; later ones win. */
export function buildPayload(parts: PayloadParts): Payload {
  const base: Payload = parts.base === undefined ? { value: {} } : readPayload(parts.base.text, parts.base.source);
  if (parts.strings.length === 0 && parts.typed.length === 0) return base;
  const { value } = base;
  let text = base.text ?? '{}';
  const set = (assignment: Assignment, made: unknown, raw: string): void => {
    text = setPathText(text, setPath(value, assignment, made), raw);
  };
  for (const assignment of parts.strings) set(assignment, assignment.text, JSON.stringify(assignment.text));
  for (const assignment of parts.typed) {
    const read = readJsonValue(assignment);
    set(assignment, read.value, read.text);
  }
  return { value, text };
}

/** One JSON object from text. Refuses what would end the Python actor that reads it: as `usage`, like every other value that cannot be meant. */
export function readPayload(text: string, source: string): Payload {
  const read = parsePayload(text);
  if ('problem' in read) {
    throw new HeddleError('usage', `${source}: ${read.problem}`, {
      hint: 'A payload is one JSON object, such as {"text": "hello"}; nothing was sent.',
    });
  }
  return read;
}

/** The same as a value with its reason, for input with a million lines. */
export function parsePayload(text: string): Payload | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return { problem: text.trim() === '' ? 'is empty' : `is not JSON: ${firstLine(cause)}` };
  }
  if (!isJsonObject(value)) return { problem: `is ${nameOf(value)}, not a JSON object` };
  const hazard = pythonHazard(text);
  if (hazard !== undefined) return { problem: hazardWords(hazard) };
  return { value, text: compactJson(text) };
}

export function hazardWords(hazard: 'nesting' | 'integer'): string {
  return hazard === 'nesting'
    ? 'nests deeper than 900 levels, which ends the Python router that reads it'
    : 'holds an integer of more than 4300 digits, which ends the Python router that reads it';
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

const LONGEST_WHY = 120;

/** V8 quotes the text it could not read; one line of it is enough. */
function firstLine(cause: unknown): string {
  const text = (cause instanceof Error ? cause.message : String(cause)).replaceAll(/\s+/g, ' ');
  return text.length <= LONGEST_WHY ? text : `${text.slice(0, LONGEST_WHY)}…`;
}
