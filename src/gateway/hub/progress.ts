import { isUtf8 } from 'node:buffer';
import { readJsonObject } from '../../contract/decode-json.ts';
import { OPEN_BRACE, valueEnd } from '../../contract/json-bytes.ts';
import { rawValue } from '../../contract/members.ts';
import type { Message } from '../../transport/transport.ts';
import { REQUEST_PREFIX } from '../requests/record.ts';

/** What workers tell of a task on its way, by its id. */
export const PROGRESS = 'heddle.gateway.progress.';

const PARENT = 'parent_task_id';

/** Of longer text no value is made for the one member that is asked for. */
const LONG = 16 * 1024;

/** What a worker tells of a task. */
export interface Said {
  readonly taskId: string;
  /** The request that it belongs to. */
  readonly request: string;
  /** JSON of an object, as it came: its text, or where it is long the bytes of the message. */
  readonly raw: string | Uint8Array;
}

/** undefined for what cannot be read, or belongs to no request of a gateway. */
export function readProgress({ subject, data }: Message): Said | undefined {
  const read = isPlain(data) ? readPlain(data) : readWhole(data);
  if (read === undefined) return undefined;
  const taskId = subject.slice(PROGRESS.length);
  const request = typeof read.parent === 'string' ? read.parent : REQUEST_PREFIX + taskId;
  return request.startsWith(REQUEST_PREFIX) ? { taskId, request, raw: read.raw } : undefined;
}

interface Read {
  readonly raw: string | Uint8Array;
  readonly parent: unknown;
}

function readWhole(data: Uint8Array): Read | undefined {
  const read = readJsonObject(data);
  return read.ok ? { raw: read.text, parent: read.value.parent_task_id } : undefined;
}

/** Long, and known by its bytes to be an object in strict JSON on one line. */
function isPlain(data: Uint8Array): boolean {
  return data.length > LONG && data[0] === OPEN_BRACE && isUtf8(data) && valueEnd(data, 0) === data.length;
}

/** Its bytes are searched as they lie; only where the name stands in them the members are looked at one by one. */
function readPlain(data: Uint8Array): Read {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  // A name may be written with escapes.
  if (!bytes.includes(PARENT) && !bytes.includes('\\u')) return { raw: data, parent: undefined };
  const parent = rawValue(bytes.toString(), PARENT);
  return { raw: data, parent: parent === undefined ? undefined : (JSON.parse(parent) as unknown) };
}
