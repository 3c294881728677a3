/**
 * The time, handed in wherever something is measured or waited for; nothing else in src asks the runtime for it. Members
 * are plain functions, free of `this`: `{ now: clock.now, uuid }` is what a builder of messages takes (`Sources` in
 * contract/ids.ts), because a clock knows the time and no ids.
 */
export interface Clock {
  /** Milliseconds since 1970. Somebody may set this clock: it is for people and messages, never for durations. */
  now(): number;
  /** Milliseconds of a clock that nobody sets: for durations. */
  elapsed(): number;
  /** Runs once, `ms` from now; less than 1 ms is 1 ms, so it never runs within the call. */
  after(ms: number, run: () => void): Timer;
  /** Runs every `ms`; what was missed is not made up for. */
  every(ms: number, run: () => void): Timer;
  /** It runs no more. Nothing happens when it has run, or was none. */
  cancel(timer: Timer | undefined): void;
  /** It keeps no program from ending. */
  unref(timer: Timer): void;
}

/**
 * What `after` and `every` give: Node's own timer or the number of a clock's own, to be handed back to the clock. No object
 * around it, because a message may have a timer of its own.
 */
export type Timer = NodeJS.Timeout | number;

/** What a timer of Node can hold, about 25 days; a longer one would run at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The clock of this process, for programs that hand in no other. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after: (ms, run) => setTimeout(run, Math.min(ms, LONGEST_TIMER_MS)),
  every: (ms, run) => setInterval(run, Math.min(ms, LONGEST_TIMER_MS)),
  cancel: (timer) => clearTimeout(timer),
  unref: (timer) => {
    if (typeof timer === 'object') timer.unref();
  },
};
