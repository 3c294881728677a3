import { compactJson } from '../../contract/compact-json.ts';
import { type JsonBody, readJsonBody } from '../../http/json-body.ts';
import { DEFAULT_LIMITS } from '../../http/limits.ts';
import { problem } from '../../http/problem.ts';

const JSON_TYPE = /^application\/(?:[a-z0-9.+-]+\+)?json$/;

/** The media type without its parameters; JSON where a sender says nothing. */
export function mediaType(header: string | undefined): string {
  return header?.split(';', 1)[0]?.trim().toLowerCase() || 'application/json';
}

/** What a verified delivery holds, as a value and as the JSON text that a message will have: forms and plain text become JSON. */
export function readBody(raw: Uint8Array, type: string): JsonBody {
  if (JSON_TYPE.test(type)) {
    const { value, text } = readJsonBody(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength), DEFAULT_LIMITS);
    return { value, text: compactJson(text) };
  }
  if (type === 'application/x-www-form-urlencoded') return asJson(formOf(Buffer.from(raw).toString()));
  if (type === 'text/plain') return asJson(Buffer.from(raw).toString());
  throw problem('unsupported_media_type', {
    detail: `a delivery of type ${JSON.stringify(type)} cannot be mapped: expected is JSON, a form or plain text`,
  });
}

/** A field that stands several times is a list. */
function formOf(text: string): Record<string, unknown> {
  const form = new URLSearchParams(text);
  const entries = [...new Set(form.keys())].map((name) => {
    const values = form.getAll(name);
    return [name, values.length === 1 ? values[0] : values] as const;
  });
  // fromEntries defines: a field named __proto__ is a field like any other.
  return Object.fromEntries(entries);
}

export function asJson(value: unknown): JsonBody {
  return { value, text: JSON.stringify(value) };
}
