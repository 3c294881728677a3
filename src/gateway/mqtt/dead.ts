import { isUtf8 } from 'node:buffer';
import { wireTime } from '../../contract/wire-time.ts';
import type { Problem } from '../../http/problem.ts';
import type { MqttMessage } from './message.ts';

/** Enough to see what it was. */
const LARGEST = 64 * 1024;

/** What the dead topic is told of a message: what it was, and why it became nothing. */
export function deadText({ topic, payload, qos, retained }: MqttMessage, why: Problem, now: number): string {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, Math.min(payload.byteLength, LARGEST));
  const isWhole = payload.byteLength <= LARGEST;
  return JSON.stringify({
    schema_version: 1,
    reason: why.message,
    code: why.code,
    errors: why.details.errors ?? [],
    topic,
    qos,
    retained,
    received_at: wireTime(now),
    payload_bytes: payload.byteLength,
    // Whatever it holds, it can be had again.
    ...(isWhole && isUtf8(bytes) ? { payload: bytes.toString() } : { payload_base64: bytes.toString('base64') }),
    payload_cut: !isWhole,
  });
}
