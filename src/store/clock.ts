import { systemClock } from '../system-clock.ts';

/** The time a store goes by. */
export interface StoreClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs once, so many milliseconds from now, unless it is closed before. */
  after(ms: number, run: () => void): { close(): void; unref(): void };
}

export const storeClock: StoreClock = {
  now: systemClock.now,
  after: (ms, run) => setTimeout(run, ms),
};
