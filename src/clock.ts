import { systemClock } from './system-clock.ts';

/** Time as it is handed in, so that a test can move it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds of a clock that nobody sets, for durations. */
  elapsed(): number;
  /** Runs once, `ms` from now, unless what it returns is called before. */
  after(ms: number, run: () => void): () => void;
  /** Runs each `ms` until what it returns is called. */
  every(ms: number, run: () => void): () => void;
}

/** The machine's own time. */
export const realClock: Clock = {
  now: systemClock.now,
  elapsed: systemClock.monotonic,
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  every: (ms, run) => {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  },
};
