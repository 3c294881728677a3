import type { Clock } from '../../src/clock.ts';

export interface FakeClock extends Clock {
  /** Moves time on and runs what is due, in order. */
  advance(ms: number): void;
  /** How many timers wait. */
  readonly waiting: number;
}

/** A clock that moves when it is told to. */
export function fakeClock(now = 1_700_000_000_000): FakeClock {
  let elapsed = 0;
  const timers = new Set<{ at: number; every: number | undefined; run: () => void }>();
  const add = (ms: number, every: number | undefined, run: () => void): (() => void) => {
    const timer = { at: elapsed + ms, every, run };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  return {
    now: () => now + elapsed,
    elapsed: () => elapsed,
    after: (ms, run) => add(ms, undefined, run),
    every: (ms, run) => add(ms, ms, run),
    advance(ms) {
      const until = elapsed + ms;
      for (;;) {
        const [due] = [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
        if (due === undefined) break;
        elapsed = due.at;
        if (due.every === undefined) timers.delete(due);
        else due.at += due.every;
        due.run();
      }
      elapsed = until;
    },
    get waiting() {
      return timers.size;
    },
  };
}
