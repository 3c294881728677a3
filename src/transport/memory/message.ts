import { refuseHeader } from '../guards.ts';
import type { HeaderView, Message } from '../transport.ts';

/** Line breaks and `NATS/1.0` around the fields, and the separator within each, as they count on the wire. */
const FRAME_BYTES = 12;
const FIELD_BYTES = 4;

/** Headers as a receiver sees them; names keep their case, values lose the blanks around them, as on the wire. */
class Headers implements HeaderView {
  readonly code: number;
  readonly #fields: ReadonlyMap<string, string>;

  constructor(fields: ReadonlyMap<string, string>, code: number) {
    this.#fields = fields;
    this.code = code;
  }

  get(name: string): string {
    return this.#fields.get(name) ?? '';
  }

  has(name: string): boolean {
    return this.#fields.has(name);
  }

  keys(): string[] {
    return [...this.#fields.keys()];
  }

  values(name: string): string[] {
    const value = this.#fields.get(name);
    return value === undefined ? [] : [value];
  }
}

/** What a server answers for a subject that nobody listens on. */
export function nobodyListens(subject: string): Message {
  return { subject, data: new Uint8Array(), headers: new Headers(new Map(), 503) };
}

/** Refuses what the wire could not carry. No fields are no headers. */
export function headersOf(fields: Readonly<Record<string, string>> | undefined): HeaderView | undefined {
  const map = new Map<string, string>();
  for (const [name, value] of Object.entries(fields ?? {})) {
    refuseHeader(name, value);
    map.set(name, value.trim());
  }
  return map.size === 0 ? undefined : new Headers(map, 0);
}

/** What headers add to the size of a message, in bytes. */
export function headerBytes(headers: HeaderView | undefined): number {
  if (headers === undefined) return 0;
  let bytes = FRAME_BYTES;
  for (const name of headers.keys()) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(headers.get(name)) + FIELD_BYTES;
  }
  return bytes;
}
