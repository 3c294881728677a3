import { isUtf8 } from 'node:buffer';
import { isJsonObject } from '../contract/json.ts';
import { rawValue } from '../contract/members.ts';
import { decodeMessage } from '../contract/read-message.ts';
import { readWireTime, wireTime } from '../contract/wire-time.ts';
import type { Letter } from '../letters/letter.ts';
import type { KeptRecord } from '../letters/record.ts';

/**
 * A letter as one line of a recording, as a tail writes it, with what a tail does not know beside it. What JSON cannot hold on one line
 * character for character stands there as base64, so that an import brings back the very bytes.
 */
export function exportLine(letter: Letter): string {
  const { subject, at, bytes, id, kept, waitedMs } = letter;
  const decoded = decodeMessage(subject, bytes);
  const text = jsonLine(bytes);
  const ours = {
    id,
    ...(kept && { original_base64: base64(kept) }),
    ...(waitedMs !== undefined && { waited_ms: Math.round(waitedMs) }),
  };
  const head = {
    schema_version: 1,
    kind: decoded.kind,
    received_at: wireTime(at),
    subject,
    generation: decoded.generation,
    size: bytes.length,
    dead_letter: ours,
  };
  const message = text === undefined ? `"payload_base64":${JSON.stringify(base64(bytes))}` : `"message":${text}`;
  return `${JSON.stringify(head).slice(0, -1)},${message}}\n`;
}

/** The failed work itself on one line, to be submitted; undefined where it is not known, or is no JSON on one line. */
export function originalLine(original: string | undefined): string | undefined {
  const line = original === undefined ? undefined : jsonLine(Buffer.from(original));
  return line === undefined ? undefined : `${line}\n`;
}

export type Imported =
  | { readonly is: 'record'; readonly record: KeptRecord; readonly id: string | undefined }
  | { readonly is: 'nothing'; readonly why: string };

/** Reads a line of an export, or of a recording. */
export function importLine(line: string, now: number): Imported {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { is: 'nothing', why: 'it is no JSON' };
  }
  if (!isJsonObject(value)) return { is: 'nothing', why: 'it is no JSON object' };
  const { subject, payload_base64: encoded, dead_letter } = value;
  if (typeof subject !== 'string' || subject === '') return { is: 'nothing', why: 'it names no subject' };
  const text = typeof encoded === 'string' ? undefined : rawValue(line, 'message');
  const bytes = typeof encoded === 'string' ? Buffer.from(encoded, 'base64') : text && Buffer.from(text);
  if (!bytes) return { is: 'nothing', why: 'it holds no message' };
  const ours = isJsonObject(dead_letter) ? dead_letter : {};
  const { original_base64: original, waited_ms: waitedMs, id } = ours;
  const record: KeptRecord = {
    subject,
    at: readWireTime(value.received_at) ?? now,
    bytes,
    ...(typeof original === 'string' && { original: Buffer.from(original, 'base64') }),
    ...(typeof waitedMs === 'number' && { waitedMs }),
  };
  return { is: 'record', record, id: typeof id === 'string' ? id : undefined };
}

function jsonLine(bytes: Uint8Array): string | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = Buffer.from(bytes).toString();
  if (/[\r\n]/.test(text)) return undefined;
  try {
    JSON.parse(text);
    return text.trim() === text ? text : undefined;
  } catch {
    return undefined;
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
