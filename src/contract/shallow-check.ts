import { isJsonObject, type JsonObject } from './json.ts';
import { pythonListRepr, pythonTypeName } from './python-words.ts';

/** Which side of a worker is checked; the word stands at the front of each message. */
export type ShallowSide = 'input' | 'output';

/**
 * True when the number under this key is written as an integer, false when as a float (`1.0`, `1e3`): Heddle takes `1` and
 * refuses `1.0` where a schema says integer. Without a key: the whole value, if that is a number. undefined: not known, the
 * value decides. See rawIntegers.
 */
export type IsIntegerText = (key?: string) => boolean | undefined;

const unknownText: IsIntegerText = () => undefined;

/**
 * Heddle's shallow contract (CONTRACT 12): same verdict, same words, same order. Looks at the top level only, and only when
 * the schema says `type: object`. Where Python would crash over a malformed schema, that is an error in the list instead.
 * Without `isIntegerText` the number 1.0 counts as an integer: JavaScript cannot tell it from 1.
 * The order is that of the schema's keys; keys that look like array indexes come first in a JavaScript object, so hand
 * `properties` over as a Map to keep their place.
 */
export function checkShallow(
  data: unknown,
  schema: unknown,
  side: ShallowSide,
  isIntegerText: IsIntegerText = unknownText,
): string[] {
  // Python's `if not schema`
  if (schema === undefined || schema === null || schema === false || schema === 0 || schema === '') return [];
  if (!isJsonObject(schema))
    return isEmptyList(schema) ? [] : [`${side}: the schema is not a mapping (${pythonTypeName(schema)})`];
  if (schema.type !== 'object') return [];
  if (!isJsonObject(data)) return [noObject(data, side, isIntegerText)];
  return [...missingFields(data, schema, side), ...wrongTypes(data, schema, side, isIntegerText)];
}

/** What is said of a value that must be an object. */
export function noObject(data: unknown, side: ShallowSide, isIntegerText: IsIntegerText): string {
  const isInteger = typeof data === 'number' ? isIntegerText() : undefined;
  return `${side}: expected object, got ${pythonTypeName(data, isInteger)}`;
}

/** The error text of the failed result that Heddle makes of these: a Python list in its own notation. */
export function validationError(side: ShallowSide, errors: readonly string[]): string {
  return `${side === 'input' ? 'Input' : 'Output'} validation: ${pythonListRepr(errors)}`;
}

function missingFields(data: JsonObject, schema: JsonObject, side: ShallowSide): string[] {
  const { required } = schema;
  if (required === undefined) return [];
  const fields = iterated(required);
  if (fields === undefined) return [`${side}: the schema's 'required' is not a list (${pythonTypeName(required)})`];
  const errors: string[] = [];
  for (const field of fields) {
    if (typeof field === 'string' && hasField(data, field)) continue;
    if (typeof field === 'object' && field !== null) {
      errors.push(`${side}: the schema's 'required' holds a ${pythonTypeName(field)} where a field name belongs`);
    } else errors.push(`${side}: missing required field '${pythonText(field)}'`);
  }
  return errors;
}

/** What Python's `for` goes over: a list's items, a text's characters, a mapping's keys. */
function iterated(required: unknown): Iterable<unknown> | undefined {
  if (Array.isArray(required) || typeof required === 'string') return required;
  if (required instanceof Map) return required.keys();
  return isJsonObject(required) ? Object.keys(required) : undefined;
}

function wrongTypes(data: JsonObject, schema: JsonObject, side: ShallowSide, isIntegerText: IsIntegerText): string[] {
  const { properties } = schema;
  if (properties === undefined) return [];
  if (!isJsonObject(properties)) {
    return [`${side}: the schema's 'properties' is not a mapping (${pythonTypeName(properties)})`];
  }
  const errors: string[] = [];
  for (const [field, rule] of properties instanceof Map ? properties : Object.entries(properties)) {
    if (typeof field !== 'string' || !hasField(data, field)) continue;
    if (!isJsonObject(rule)) errors.push(`${side}.${field}: its schema is not a mapping (${pythonTypeName(rule)})`);
    else if (isWrong(rule.type, data[field], () => isIntegerText(field))) {
      errors.push(`${side}.${field}: expected ${String(rule.type)}`);
    }
  }
  return errors;
}

/** `object`, `null`, unknown types and lists of types are never checked. */
function isWrong(type: unknown, value: unknown, isIntegerText: () => boolean | undefined): boolean {
  switch (type) {
    case 'boolean':
      return typeof value !== 'boolean';
    case 'integer':
      return typeof value !== 'number' || !(isIntegerText() ?? Number.isInteger(value));
    case 'number':
      return typeof value !== 'number';
    case 'string':
      return typeof value !== 'string';
    case 'array':
      return !Array.isArray(value);
    default:
      return false;
  }
}

/** A handler's `undefined` is absent on the wire. */
function hasField(data: JsonObject, field: string): boolean {
  return Object.hasOwn(data, field) && data[field] !== undefined;
}

function isEmptyList(schema: unknown): boolean {
  return Array.isArray(schema) && schema.length === 0;
}

/** `str(value)` of a YAML scalar. */
function pythonText(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}
