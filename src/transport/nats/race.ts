import type { Clock, Timer } from '../../time/clock.ts';

/**
 * Tries candidates in order, and does not wait for a slow one before the next gets its chance: the first that succeeds
 * wins and the others are told to stop. Rejects only when all have failed, with their errors in the order given.
 */
export function race<C, T>(
  candidates: readonly C[],
  headStartMs: number,
  clock: Clock,
  attempt: (candidate: C, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const errors: unknown[] = [];
    const running = new Set<AbortController>();
    let begun = 0;
    let failed = 0;
    let won = false;
    let timer: Timer | undefined;

    const begin = (): void => {
      clock.cancel(timer);
      const index = begun;
      if (won || index >= candidates.length) return;
      begun += 1;
      if (begun < candidates.length) timer = clock.after(headStartMs, begin);
      const stop = new AbortController();
      running.add(stop);
      attempt(candidates[index] as C, stop.signal).then(
        (result) => {
          running.delete(stop);
          won = true;
          clock.cancel(timer);
          for (const other of running) other.abort();
          resolve(result);
        },
        (error: unknown) => {
          running.delete(stop);
          errors[index] = error;
          failed += 1;
          if (won) return;
          if (failed === candidates.length) reject(errors);
          else begin();
        },
      );
    };
    begin();
  });
}
