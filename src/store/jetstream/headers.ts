import type { JsMsg } from '@nats-io/jetstream';
import type { Kept } from '../stream.ts';

const ID = 'Nats-Msg-Id';
/** What we told the server when we appended. */
const EXPECTED = 'Nats-Expected-';

/** Without the id, which is told beside them. What came more than once is joined, as HTTP does. */
export function headersIn(headers: JsMsg['headers']): Kept['headers'] {
  if (headers === undefined) return undefined;
  const fields = headers
    .keys()
    .filter((name) => name !== ID && !name.startsWith(EXPECTED))
    .map((name) => [name, headers.values(name).join(', ')] as const);
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
}

export function idIn(headers: JsMsg['headers']): string | undefined {
  return headers?.get(ID) || undefined;
}
