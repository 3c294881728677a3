import type { StreamLimits } from '../stream.ts';
import type { Segment } from './segment.ts';

export type Retention = Pick<StreamLimits, 'maxMessages' | 'maxBytes' | 'maxAgeMs'>;

const LARGEST_SEGMENT_BYTES = 16 * 1024 * 1024;
/** Whole segments are evicted: so much of what the limits allow goes at once, and no more. */
const SHARE = 8;

/** How far a segment is filled before the next one begins. */
export function fullAt({ maxMessages, maxBytes, maxAgeMs }: Retention): {
  messages: number;
  bytes: number;
  ageMs: number;
} {
  const share = (limit: number | undefined): number =>
    Math.max(1, Math.floor((limit ?? Number.POSITIVE_INFINITY) / SHARE));
  return {
    messages: share(maxMessages),
    bytes: Math.min(LARGEST_SEGMENT_BYTES, share(maxBytes)),
    ageMs: share(maxAgeMs),
  };
}

/** How many of the oldest segments must go when so much is about to come. */
export function surplus(
  segments: readonly Segment[],
  limits: Retention,
  now: number,
  coming: { readonly bytes: number; readonly messages: number },
): number {
  const { maxMessages = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY, maxAgeMs } = limits;
  const tooOld = maxAgeMs === undefined ? Number.NEGATIVE_INFINITY : now - maxAgeMs;
  let messages = segments.reduce((sum, { count }) => sum + count, coming.messages);
  let bytes = segments.reduce((sum, each) => sum + each.bytes, coming.bytes);
  let gone = 0;
  for (const { count, bytes: size, lastAt } of segments) {
    const isOver = messages > maxMessages || bytes > maxBytes || (count > 0 && lastAt <= tooOld);
    if (!isOver) break;
    messages -= count;
    bytes -= size;
    gone += 1;
  }
  return gone;
}
