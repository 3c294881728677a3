import { Problem } from '../http/problem.ts';
import type { Clock } from '../time/clock.ts';
import { sleep } from '../time/wait.ts';

export interface Attempt {
  /** Puts it on the bus; throws a problem. */
  send(): Promise<void>;
  /** Whether it is worth trying again. */
  isWanted(): boolean;
  /** Whether it is kept while nobody listens. */
  readonly holdUnheard: boolean;
}

const PAUSE_MS = 500;

/** What trying again mends. */
const PASSING: ReadonlySet<string> = new Set(['nobody_listens', 'bus_down', 'store_unavailable', 'unconfirmed']);

/**
 * For those who bring work and cannot be answered "later" (brokers, programs): what the bus cannot take now is tried again until it has
 * it. All that waits tries at the same time.
 */
export class Patient {
  readonly #clock: Clock;
  readonly #over = new AbortController();
  #pause: Promise<void> | undefined;
  #held = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many wait. */
  get held(): number {
    return this.#held;
  }

  /** `unheard`: nobody listened, and that is no reason to keep it; `unwanted`: it was given up. Throws what trying again does not mend. */
  async send({ send, isWanted, holdUnheard }: Attempt): Promise<'sent' | 'unheard' | 'unwanted'> {
    let isHeld = false;
    try {
      for (;;) {
        try {
          await send();
          return 'sent';
        } catch (thrown) {
          const code = thrown instanceof Problem ? thrown.code : undefined;
          if (code === 'nobody_listens' && !holdUnheard) return 'unheard';
          if (code === undefined || !PASSING.has(code)) throw thrown;
        }
        if (this.#over.signal.aborted || !isWanted()) return 'unwanted';
        if (!isHeld) this.#held += 1;
        isHeld = true;
        await this.#later();
        if (this.#over.signal.aborted || !isWanted()) return 'unwanted';
      }
    } finally {
      if (isHeld) this.#held -= 1;
    }
  }

  /** Nothing is tried again. */
  giveUp(): void {
    this.#over.abort();
  }

  #later(): Promise<void> {
    this.#pause ??= sleep(this.#clock, PAUSE_MS, this.#over.signal).finally(() => {
      this.#pause = undefined;
    });
    return this.#pause;
  }
}
