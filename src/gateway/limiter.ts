import { problem } from '../http/problem.ts';
import type { Clock } from '../time/clock.ts';

/** Requests by name, each with a rate and a burst of one second. Names come from the config, so there are few. */
export class Limiter {
  readonly #clock: Pick<Clock, 'elapsed'>;
  readonly #levels = new Map<string, { tokens: number; at: number }>();

  constructor(clock: Pick<Clock, 'elapsed'>) {
    this.#clock = clock;
  }

  /** Throws `too_many_requests`, with the time after which there is room again. */
  take(name: string, perSecond: number | undefined): void {
    if (perSecond === undefined) return;
    const most = Math.max(1, perSecond);
    const now = this.#clock.elapsed();
    const { tokens, at } = this.#levels.get(name) ?? { tokens: most, at: now };
    const level = Math.min(most, tokens + ((now - at) / 1000) * perSecond);
    if (level >= 1) {
      this.#levels.set(name, { tokens: level - 1, at: now });
      return;
    }
    this.#levels.set(name, { tokens: level, at: now });
    throw problem('too_many_requests', {
      detail: `${name} sends more than ${perSecond} requests a second`,
      retryAfterS: Math.max(1, Math.ceil((1 - level) / perSecond)),
    });
  }
}
