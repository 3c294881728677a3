import type { IncomingHttpHeaders } from 'node:http';
import { isJsonObject, type JsonObject } from '../../contract/json.ts';
import { rawValue } from '../../contract/members.ts';
import type { JsonBody } from '../../http/json-body.ts';
import { problem } from '../../http/problem.ts';
import { asJson, mediaType, readBody } from './body.ts';

/** An event of CloudEvents 1.0: what its envelope says, and what it holds. */
export interface CloudEvent {
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Source and id together are one event, wherever it was seen. */
  readonly delivery: string;
  readonly body: JsonBody;
}

const STRUCTURED = 'application/cloudevents+json';

/** In either mode: the envelope around the data (structured), or beside it in headers (binary). undefined: it is no such event. */
export function readCloudEvent(raw: Uint8Array, headers: IncomingHttpHeaders): CloudEvent | undefined {
  const type = mediaType(headers['content-type']);
  if (type.startsWith('application/cloudevents-batch')) {
    throw problem('unsupported_media_type', { detail: 'events in batches are not taken; send them one by one' });
  }
  if (type === STRUCTURED) return structured(readBody(raw, type));
  if (headers['ce-specversion'] === undefined) return undefined;
  const attributes = Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith('ce-') && typeof value === 'string' ? [[name.slice(3), decoded(value)]] : [],
    ),
  );
  const datacontenttype = headers['content-type'];
  const all = datacontenttype === undefined ? attributes : { ...attributes, datacontenttype };
  return eventOf(all, raw.length === 0 ? asJson(null) : readBody(raw, type));
}

function structured({ value, text }: JsonBody): CloudEvent {
  if (!isJsonObject(value)) throw bad('the envelope is no object');
  const { data, data_base64: base64, ...attributes } = value;
  if (data !== undefined) return eventOf(attributes, { value: data, text: rawValue(text, 'data') ?? 'null' });
  if (typeof base64 !== 'string') return eventOf(attributes, asJson(null));
  const type = typeof value.datacontenttype === 'string' ? value.datacontenttype : 'application/json';
  return eventOf(attributes, readBody(Buffer.from(base64, 'base64'), mediaType(type)));
}

function eventOf(attributes: JsonObject, body: JsonBody): CloudEvent {
  const { specversion, id, source, type } = attributes;
  if (specversion !== '1.0') throw bad(`specversion is ${JSON.stringify(specversion ?? null)}, and known is "1.0"`);
  for (const [name, value] of Object.entries({ id, source, type })) {
    if (typeof value !== 'string' || value === '') throw bad(`${name} is missing or empty`);
  }
  return { attributes, delivery: JSON.stringify([source, id]), body };
}

/** Header values are percent-encoded UTF-8. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function bad(detail: string) {
  return problem('bad_request', { detail: `this is no event of CloudEvents 1.0: ${detail}` });
}
