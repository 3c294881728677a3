import type { Clock } from '../time/clock.ts';
import { sleep } from '../time/wait.ts';
import type { Report } from './report.ts';

export interface RepeatOptions {
  /** Told how much of `forMs` is left. */
  readonly round: (leftMs: number) => Promise<Report>;
  /** From the start of one round to the start of the next; rounds never overlap. */
  readonly everyMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told of each round; ends the repetition with true. */
  readonly onReport: (report: Report) => boolean;
  /** Ends the repetition after this long, with the round that is under way. Default: never. */
  readonly forMs?: number | undefined;
}

/** Repeats rounds until one is good enough, the time is up, or `signal` aborts. The last report, if there was one. */
export async function repeatRounds(options: RepeatOptions): Promise<Report | undefined> {
  const { clock, signal, everyMs, forMs = Number.POSITIVE_INFINITY } = options;
  const from = clock.elapsed();
  let last: Report | undefined;
  while (!signal.aborted) {
    const began = clock.elapsed();
    last = await options.round(forMs - (began - from));
    if (signal.aborted || options.onReport(last)) break;
    const pause = Math.max(0, everyMs - (clock.elapsed() - began));
    if (clock.elapsed() + pause - from >= forMs) break;
    await sleep(clock, pause, signal);
  }
  return last;
}
