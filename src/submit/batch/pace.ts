import type { Clock } from '../../time/clock.ts';
import { sleep } from '../../time/wait.ts';

/** Spreads work evenly over time; a burst after a pause is at most what one timer tick holds. */
export interface Pace {
  /** How many may go now, at most `wanted`; waits when none may. Rejects with the signal's reason. */
  take(wanted: number, signal: AbortSignal): Promise<number>;
}

/** Timers are no finer: below this, the allowances of a tick go together. */
const TICK_MS = 4;

export function unpaced(): Pace {
  return { take: (wanted) => Promise.resolve(wanted) };
}

export function paced(perSecond: number, clock: Clock): Pace {
  const intervalMs = 1000 / perSecond;
  // Never more than a tick's worth saved up, so that a stall is not followed by a flood.
  const most = Math.max(1, Math.floor((TICK_MS * 2) / intervalMs));
  let next = clock.elapsed();
  return {
    take: async (wanted, signal) => {
      for (;;) {
        signal.throwIfAborted();
        const now = clock.elapsed();
        next = Math.max(next, now - most * intervalMs);
        const due = Math.floor((now - next) / intervalMs) + 1;
        if (due >= 1) {
          const granted = Math.min(wanted, due, most);
          next += granted * intervalMs;
          return granted;
        }
        await sleep(clock, Math.ceil(next - now), signal);
      }
    },
  };
}
