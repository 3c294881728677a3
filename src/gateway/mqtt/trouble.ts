import type { Clock } from '../../time/clock.ts';

/** Tells what went wrong with a message. */
export type Trouble = (what: string, reason: string) => void;

/** So many are told in so long; the others are counted. */
const MOST = 20;
const WINDOW_MS = 10_000;

/** A device that goes wrong does so by the thousand. */
export function sparingly(clock: Clock, tell: Trouble): Trouble {
  let until = 0;
  let said = 0;
  return (what, reason) => {
    const now = clock.elapsed();
    if (now >= until) {
      if (said > MOST) tell('not shown', `${said - MOST} more like these`);
      until = now + WINDOW_MS;
      said = 0;
    }
    said += 1;
    if (said <= MOST) tell(what, reason);
  };
}
