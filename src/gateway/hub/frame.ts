import { encodeFrame, type Frame } from '../../http/event-stream.ts';
import type { RequestRecord } from '../requests/record.ts';
import type { NoticeName } from './numbers.ts';

/** Who is to be told: all clients of a principal, or one of them. */
export interface Address {
  /** The name of the principal. */
  readonly owner: string;
  readonly client: string | undefined;
}

/** Something that clients are told. */
export interface Notice {
  /** Whoever tells of the same thing gives the same key, on every replica: it is kept once. */
  readonly key: string;
  readonly to: Address;
  /** The request that it is about; undefined: about none. */
  readonly request: string | undefined;
  readonly event: NoticeName;
  /** JSON text of an object, or its bytes. */
  readonly data: string | Uint8Array;
}

/** A notice in the order of its log. */
export interface Told {
  readonly offset: number;
  readonly owner: string;
  /** undefined: for all clients of the owner. */
  readonly client: string | undefined;
  readonly request: string | undefined;
  readonly event: string;
  /** JSON text, or its bytes: most frames concern nobody here, and are never made text. */
  readonly data: string | Uint8Array;
}

/** What one connection is told of. Owners and clients as `addressToken` has them. */
export interface Interest {
  readonly owner: string;
  readonly client: string;
  /** Only of this request, whichever client it is for. */
  readonly request: string | undefined;
}

export function concerns({ owner, client, request }: Interest, told: Told): boolean {
  if (told.owner !== owner) return false;
  return request === undefined ? told.client === undefined || told.client === client : told.request === request;
}

/** A place in a log, as clients carry it. */
export interface Place {
  readonly epoch: string;
  readonly offset: number;
}

export function frameId(epoch: string, offset: number): string {
  return `${epoch}-${offset}`;
}

/** undefined for what is no id of ours. */
export function readFrameId(text: string): Place | undefined {
  const [, epoch, digits] = /^([A-Za-z0-9]{1,32})-(\d{1,15})$/.exec(text) ?? [];
  return epoch === undefined ? undefined : { epoch, offset: Number(digits) };
}

/** How frames are written: as events with plain data, or with JSON-RPC in them. */
export type Dialect = 'events' | 'json-rpc';

/** Longer bytes are not made text on their way. */
const LONG = 16 * 1024;

/** In one dialect a frame is the same for everybody who gets it. */
export function framed(
  dialect: Dialect,
  event: string,
  data: string | Uint8Array,
  more: Pick<Frame, 'id' | 'retry'> = {},
): Uint8Array {
  const [before, behind] =
    dialect === 'events' ? ['', ''] : [`{"jsonrpc":"2.0","method":${JSON.stringify(event)},"params":`, '}'];
  if (typeof data !== 'string' && data.length > LONG && isOneLine(data)) {
    const head = encodeFrame({ event, ...more }).subarray(0, -1);
    return Buffer.concat([head, Buffer.from(`data: ${before}`), data, Buffer.from(`${behind}\n\n`)]);
  }
  return encodeFrame({ event, data: `${before}${textOf(data)}${behind}`, ...more });
}

function isOneLine(bytes: Uint8Array): boolean {
  return !bytes.includes(10) && !bytes.includes(13);
}

function textOf(data: string | Uint8Array): string {
  return typeof data === 'string' ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString();
}

/** Who is told of a request. */
export function addressOf({ owner, client_id: client }: RequestRecord): Address {
  return { owner, client: client ?? undefined };
}

/** The members, and one more that somebody else wrote: its text, or its bytes. */
export function joined(head: object, key: string, raw: string | Uint8Array | undefined): string {
  const text = JSON.stringify(head).slice(0, -1);
  const before = `${text}${text === '{' ? '' : ','}${JSON.stringify(key)}:`;
  return typeof raw === 'object' ? textBetween(before, raw, '}') : `${before}${raw ?? 'null'}}`;
}

/** Where long text is put together, again and again: as text it is then there once, and not in parts as well. */
let scratch = Buffer.alloc(0);
const MOST_SCRATCH = 1024 * 1024;
const STEP = 64 * 1024;

function textBetween(before: string, raw: Uint8Array, behind: string): string {
  // No character takes more than three bytes a unit.
  const size = raw.length + (before.length + behind.length) * 3;
  const memory = size <= scratch.length ? scratch : Buffer.allocUnsafeSlow(Math.ceil(size / STEP) * STEP);
  if (memory.length <= MOST_SCRATCH) scratch = memory;
  let end = memory.write(before);
  memory.set(raw, end);
  end += raw.length;
  end += memory.write(behind, end);
  return memory.toString('utf8', 0, end);
}
