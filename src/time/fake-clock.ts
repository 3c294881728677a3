import { checkOptions, is } from '../check-options.ts';
import type { Clock, Timer } from './clock.ts';
import { turn } from './turn.ts';

/** A clock that stands still until it is told to go on: what waits for minutes is tested in no time. */
export interface FakeClock extends Clock {
  /**
   * Lets so much time pass. What falls due runs at its time and in its order, and what it set going gets to its end before
   * the next: promises and turns of the event loop settle in between; files and sockets need not have answered.
   */
  advance(ms: number): Promise<void>;
  /** So much time passes and nothing runs, as in a process that is busy: what fell due meanwhile runs late, at the next `advance`. */
  stall(ms: number): void;
  /** Somebody sets the clock: `now` is another, `elapsed` and the timers do not mind. */
  set(now: number): void;
  /** Timers that are still to run and would keep a program from ending. */
  readonly waiting: number;
}

interface Waiting {
  due: number;
  readonly everyMs: number | undefined;
  readonly run: () => void;
  holds: boolean;
}

/** Turns of the event loop that a question and its answer take over the in-memory bus, and some to spare. */
const SETTLING_TURNS = 10;
const SOME_DAY = Date.UTC(2026, 0, 1, 12);

/** `now` at the beginning, in milliseconds since 1970; default noon of 1 January 2026, UTC. */
export function createFakeClock(options: { readonly now?: number | undefined } = {}): FakeClock {
  checkOptions('createFakeClock', options, { now: is.number });
  const { now = SOME_DAY } = options;
  const timers = new Map<Timer, Waiting>();
  let elapsed = 0;
  let epoch = now;
  let made = 0;

  const wait = (ms: number, everyMs: number | undefined, run: () => void): Timer => {
    made += 1;
    timers.set(made, { due: elapsed + atLeastOne(ms), everyMs, run, holds: true });
    return made;
  };

  /** Of several that are due at one time the one that has waited longest, which stands before the others. */
  const nextUntil = (end: number): Timer | undefined => {
    let next: Timer | undefined;
    let earliest = end;
    for (const [timer, { due }] of timers) {
      if (due > earliest || (due === earliest && next !== undefined)) continue;
      next = timer;
      earliest = due;
    }
    return next;
  };

  const fire = (timer: Timer): void => {
    const waiting = timers.get(timer);
    if (waiting === undefined) return;
    elapsed = Math.max(elapsed, waiting.due);
    timers.delete(timer);
    if (waiting.everyMs !== undefined) timers.set(timer, { ...waiting, due: elapsed + waiting.everyMs });
    waiting.run();
  };

  return {
    now: () => epoch + elapsed,
    elapsed: () => elapsed,
    after: (ms, run) => wait(ms, undefined, run),
    every: (ms, run) => wait(ms, atLeastOne(ms), run),
    cancel: (timer) => {
      if (timer !== undefined) timers.delete(timer);
    },
    unref: (timer) => {
      const waiting = timers.get(timer);
      if (waiting !== undefined) waiting.holds = false;
    },
    async advance(ms) {
      const end = elapsed + ms;
      await settle();
      for (let next = nextUntil(end); next !== undefined; next = nextUntil(end)) {
        fire(next);
        await settle();
      }
      elapsed = Math.max(elapsed, end);
    },
    stall: (ms) => {
      elapsed += ms;
    },
    set: (to) => {
      epoch = to - elapsed;
    },
    get waiting() {
      return [...timers.values()].filter(({ holds }) => holds).length;
    },
  };
}

/** As Node's timers do; and one that waited for nothing again and again would let no time pass. */
function atLeastOne(ms: number): number {
  return ms >= 1 ? ms : 1;
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < SETTLING_TURNS; turns += 1) await turn();
}
