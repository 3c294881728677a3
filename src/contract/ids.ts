import { randomBytes, randomUUID } from 'node:crypto';
import type { RandomBytes } from './trace-context.ts';

/** What a builder needs from the world; handed in, so that a test can fix it. */
export interface Sources {
  /** Milliseconds since 1970: that of a clock (time/clock.ts), which knows no ids. */
  now(): number;
  /** A fresh uuid4 in its text form. */
  uuid(): string;
}

/** The runtime's own: it keeps a pool of random bytes, so an id costs less than the message that carries it. */
export const systemUuid: () => string = () => randomUUID();
const POOL_BYTES = 4_096;
let pool: Buffer = Buffer.alloc(0);
/** Bytes of it that were given away. */
let given = 0;

/** Random bytes of the runtime's own: asked for many at once, because asking costs more than the bytes. None is given twice. */
export const systemRandom: RandomBytes = (count) => {
  if (count > POOL_BYTES) return randomBytes(count);
  if (pool.length - given < count) {
    pool = randomBytes(POOL_BYTES);
    given = 0;
  }
  given += count;
  return pool.subarray(given - count, given);
};

/** A uuid4 from a random source of the caller's. */
export function uuid4(random: RandomBytes): string {
  const bytes = Buffer.from(random(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
