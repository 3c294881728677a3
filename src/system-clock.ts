import { randomUUID } from 'node:crypto';

/**
 * The clock of programs that use the SDK and hand in none. The command line does not use it: there every look at the world
 * goes through cli/io.ts.
 */
export const systemClock = {
  /** Milliseconds since 1970. */
  now: (): number => Date.now(),
  /** Milliseconds of a clock that nobody sets, for durations. */
  monotonic: (): number => performance.now(),
  uuid: (): string => randomUUID(),
};
