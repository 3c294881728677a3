import type { Clock, Timer } from '../../time/clock.ts';
import type { OpenExpectation } from './expectation.ts';

/**
 * Tasks that were answered a moment ago, in the order in which they were. One timer for all of them, because a batch ends
 * a hundred thousand waits a second.
 */
export class Lingering {
  readonly #ms: number;
  readonly #release: (subject: string) => void;
  readonly #clock: Clock;
  readonly #entries = new Map<string, { until: number; subject: string; expectation: OpenExpectation }>();
  #timer: Timer | undefined;
  #waiters: (() => void)[] = [];

  constructor(ms: number, release: (subject: string) => void, clock: Clock) {
    this.#ms = ms;
    this.#release = release;
    this.#clock = clock;
  }

  add(id: string, subject: string, expectation: OpenExpectation): void {
    const earlier = this.#entries.get(id);
    if (earlier !== undefined) this.#drop(id, earlier.subject);
    if (this.#ms <= 0) return this.#release(subject);
    this.#entries.set(id, { until: this.#clock.elapsed() + this.#ms, subject, expectation });
    this.#timer ??= this.#clock.after(this.#ms, () => this.#sweep());
  }

  get(id: string): OpenExpectation | undefined {
    return this.#entries.get(id)?.expectation;
  }

  over(): Promise<void> {
    if (this.#entries.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  clear(): void {
    this.#clock.cancel(this.#timer);
    this.#timer = undefined;
    for (const [id, { subject }] of this.#entries) this.#drop(id, subject);
    this.#settle();
  }

  #sweep(): void {
    this.#timer = undefined;
    const now = this.#clock.elapsed();
    for (const [id, { until, subject }] of this.#entries) {
      if (until > now) {
        this.#timer = this.#clock.after(Math.ceil(until - now), () => this.#sweep());
        return;
      }
      this.#drop(id, subject);
    }
    this.#settle();
  }

  #drop(id: string, subject: string): void {
    this.#entries.delete(id);
    this.#release(subject);
  }

  #settle(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}
