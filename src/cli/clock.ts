import { performance } from 'node:perf_hooks';
import { type Sources, systemUuid } from '../contract/ids.ts';
import type { Io } from './io.ts';

/** Time and identity for what runs long: wall clock and ids for messages, a clock that never steps for durations. */
export interface Clock extends Sources {
  monotonic(): number;
}

export function clockOf(io: Io): Clock {
  return { now: io.now, uuid: systemUuid, monotonic: () => performance.now() };
}
