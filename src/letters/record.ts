import type { Kept } from '../store/stream.ts';
import { type Finding, judge, orphanOf } from './judge.ts';

/**
 * What we write when we keep a letter ourselves, in a directory or by an import: the message as it came, behind it the failed work as it
 * came where that was seen, and in headers what a stream that captures knows by itself.
 */
export interface KeptRecord {
  readonly subject: string;
  /** Milliseconds since 1970, when it was seen. */
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly original?: Uint8Array | undefined;
  /** It is a task that nobody answered for so long. */
  readonly waitedMs?: number | undefined;
}

const SUBJECT = 'Heddle-Subject';
const AT = 'Heddle-At';
const ORIGINAL = 'Heddle-Original';
const WAITED = 'Heddle-Waited-Ms';

export function encodeRecord({ subject, at, bytes, original, waitedMs }: KeptRecord): {
  readonly data: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
} {
  return {
    data: original === undefined ? bytes : Buffer.concat([bytes, original]),
    headers: {
      [SUBJECT]: subject,
      [AT]: String(at),
      ...(original && { [ORIGINAL]: String(original.length) }),
      ...(waitedMs !== undefined && { [WAITED]: String(Math.round(waitedMs)) }),
    },
  };
}

/** Undefined for what somebody else wrote there. */
export function decodeRecord({ data, headers }: Kept): KeptRecord | undefined {
  const subject = headers?.[SUBJECT];
  const at = wholeIn(headers?.[AT]);
  if (subject === undefined || at === undefined) return undefined;
  const length = wholeIn(headers?.[ORIGINAL]);
  const waitedMs = wholeIn(headers?.[WAITED]);
  if (length === undefined || length > data.length) return { subject, at, bytes: data, waitedMs };
  const end = data.length - length;
  return { subject, at, bytes: data.subarray(0, end), original: data.subarray(end), waitedMs };
}

export function judgeRecord({ subject, bytes, waitedMs }: KeptRecord): Finding | undefined {
  return waitedMs === undefined ? judge(subject, bytes) : orphanOf(subject, bytes, waitedMs);
}

function wholeIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
