import type { Clock, Timer } from '../../time/clock.ts';

export interface DemandOptions {
  /** After the last worker asked. */
  readonly lingerMs: number;
  /** Somebody asks, more than before. */
  grew(): void;
  /** Nobody has asked for long. */
  ended(): void;
}

/** Whether workers ask for tasks of one lane: between two polls of one they still do. */
export class Demand {
  readonly #clock: Clock;
  readonly #options: DemandOptions;
  #holders = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;
  #isOver = false;

  constructor(clock: Clock, options: DemandOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  get isThere(): boolean {
    if (this.#isOver) return false;
    return this.#holders > 0 || this.#clock.elapsed() - this.#askedAt < this.#options.lingerMs;
  }

  /** A worker asks, or did a moment ago. */
  touch(): void {
    this.#askedAt = this.#clock.elapsed();
    this.#watch();
    this.#options.grew();
  }

  /** A worker asks until it says otherwise. */
  hold(): () => void {
    this.#holders += 1;
    this.#options.grew();
    let holds = true;
    return () => {
      if (!holds) return;
      holds = false;
      this.#holders -= 1;
      this.touch();
    };
  }

  /** Whoever asks from now on gets nothing here. */
  stop(): void {
    this.#isOver = true;
    this.#clock.cancel(this.#timer);
  }

  #watch(): void {
    if (this.#timer !== undefined || this.#isOver) return;
    const leftMs = this.#askedAt + this.#options.lingerMs - this.#clock.elapsed();
    this.#timer = this.#clock.after(Math.max(1, leftMs), () => {
      this.#timer = undefined;
      if (this.#holders > 0 || this.#isOver) return;
      if (this.isThere) this.#watch();
      else this.#options.ended();
    });
    this.#clock.unref(this.#timer);
  }
}
