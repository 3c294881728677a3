import type { Report } from './report.ts';

export interface RepeatOptions {
  /** Told how much of `forMs` is left. */
  readonly round: (leftMs: number) => Promise<Report>;
  /** From the start of one round to the start of the next; rounds never overlap. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
  /** Told of each round; ends the repetition with true. */
  readonly onReport: (report: Report) => boolean;
  /** Ends the repetition after this long, with the round that is under way. Default: never. */
  readonly forMs?: number | undefined;
}

/** Repeats rounds until one is good enough, the time is up, or `signal` aborts. The last report, if there was one. */
export async function repeatRounds(options: RepeatOptions): Promise<Report | undefined> {
  const { signal, everyMs, forMs = Number.POSITIVE_INFINITY } = options;
  const from = performance.now();
  let last: Report | undefined;
  while (!signal.aborted) {
    const began = performance.now();
    last = await options.round(forMs - (began - from));
    if (signal.aborted || options.onReport(last)) break;
    const pause = Math.max(0, everyMs - (performance.now() - began));
    if (performance.now() + pause - from >= forMs) break;
    await sleep(pause, signal);
  }
  return last;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
