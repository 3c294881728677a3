import type { Clock } from './clock.ts';

/** What waiting takes of a clock. */
export type Timers = Pick<Clock, 'after' | 'cancel'>;

/** Waits so long, or until `signal` aborts: it never rejects, and who must know which of the two it was asks the signal. */
export function sleep(clock: Timers, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = (): void => {
      clock.cancel(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(ms, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** True when it resolved in time; a rejection passes through, and one that comes too late troubles nobody. */
export async function within(clock: Timers, work: Promise<unknown>, ms: number): Promise<boolean> {
  let late = (): void => {};
  const over = new Promise<boolean>((resolve) => {
    late = () => resolve(false);
  });
  const timer = clock.after(Math.max(0, ms), late);
  try {
    return await Promise.race([work.then(() => true), over]);
  } finally {
    clock.cancel(timer);
  }
}

/** Time that is running out, for work that listens to a signal. */
export interface Deadline {
  /** Aborts when the time is over, or with the first signal of the caller and for its reason. */
  readonly signal: AbortSignal;
  /** The work is done: nothing waits for the end of the time any more, and no signal that lives on holds anything of it. */
  clear(): void;
}

export function deadline(clock: Timers, ms: number, ...signals: readonly (AbortSignal | undefined)[]): Deadline {
  const over = new AbortController();
  const timer = clock.after(ms, () => over.abort());
  const heard = signals.flatMap((signal) => {
    if (signal === undefined) return [];
    const interrupted = (): void => over.abort(signal.reason);
    if (signal.aborted) interrupted();
    else signal.addEventListener('abort', interrupted, { once: true });
    return [() => signal.removeEventListener('abort', interrupted)];
  });
  return {
    signal: over.signal,
    clear: () => {
      clock.cancel(timer);
      for (const leave of heard) leave();
    },
  };
}

/** Waits for what others wrote and may never end (loading a module, its setup); rejects with the reason of the signal. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  work.catch(() => {});
  let undo = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    undo = () => signal.removeEventListener('abort', stop);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    undo();
  }
}
