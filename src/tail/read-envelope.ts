import { isJsonObject, type JsonObject } from '../contract/json.ts';
import { rawValue } from '../contract/members.ts';
import { readWireTime } from '../contract/wire-time.ts';
import type { GapReason, GapRecord } from './record.ts';

/** One line of a recording that holds a message. */
export interface RecordedMessage {
  readonly is: 'message';
  readonly subject: string | undefined;
  readonly at: number | undefined;
  readonly bytes: Uint8Array;
}

/** One line of a recording. */
export type Recorded =
  | RecordedMessage
  | { readonly is: 'gap'; readonly gap: GapRecord }
  /** Records that are made anew on a replay: orphans, summaries. */
  | { readonly is: 'derived' }
  | { readonly is: 'unreadable'; readonly why: string };

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const GAP_REASONS: readonly string[] = [
  'disconnected',
  'stale',
  'slow_consumer',
  'buffer',
  'history',
  'unreadable',
] satisfies GapReason[];

/**
 * Reads a line that envelope.ts wrote; the message comes back as the characters that stand there. A JSON object that is no
 * envelope is taken as a message itself.
 */
export function readEnvelope(line: string): Recorded {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { is: 'unreadable', why: 'the line is no JSON' };
  }
  if (!isJsonObject(value)) return { is: 'unreadable', why: 'the line is no JSON object' };
  const { kind, subject } = value;
  if (value.schema_version === 1) {
    if (kind === 'gap') return { is: 'gap', gap: gapOf(value) };
    if (kind === 'orphan' || kind === 'summary') return { is: 'derived' };
  }
  if (typeof subject !== 'string' || subject === '') return message(line, undefined, undefined);
  const at = readWireTime(value.received_at);
  const { payload_base64 } = value;
  if (typeof payload_base64 === 'string') {
    if (!BASE64.test(payload_base64)) return { is: 'unreadable', why: 'payload_base64 is no base64' };
    return { is: 'message', subject, at, bytes: Buffer.from(payload_base64, 'base64') };
  }
  const text = rawValue(line, 'message');
  return text === undefined
    ? { is: 'unreadable', why: 'there is neither message nor payload_base64' }
    : message(text, subject, at);
}

function message(text: string, subject: string | undefined, at: number | undefined): Recorded {
  return { is: 'message', subject, at, bytes: Buffer.from(text, 'utf8') };
}

function gapOf(value: JsonObject): GapRecord {
  const reason = GAP_REASONS.includes(String(value.reason)) ? (value.reason as GapReason) : 'unreadable';
  const from = readWireTime(value.from) ?? 0;
  const { missed, missed_at_least, detail } = value;
  return {
    record: 'gap',
    reason,
    from,
    to: readWireTime(value.to) ?? from,
    missed: typeof missed === 'number' ? missed : undefined,
    atLeast: typeof missed_at_least === 'number' ? missed_at_least : undefined,
    detail: typeof detail === 'string' ? detail : undefined,
  };
}
