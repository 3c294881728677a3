import type { Clock } from '../../time/clock.ts';

/** An answer that many may ask for at once, and is made once for all of them; older than `freshMs` it is made anew. */
export class Shared<T> {
  readonly #make: () => Promise<T>;
  readonly #clock: Pick<Clock, 'elapsed'>;
  readonly #freshMs: number;
  #made: Promise<T> | undefined;
  /** When what stands there was complete; undefined while it is being made. */
  #at: number | undefined;

  constructor(make: () => Promise<T>, clock: Pick<Clock, 'elapsed'>, freshMs: number) {
    this.#make = make;
    this.#clock = clock;
    this.#freshMs = freshMs;
  }

  get(): Promise<T> {
    const isOld = this.#at !== undefined && this.#clock.elapsed() - this.#at > this.#freshMs;
    if (this.#made !== undefined && !isOld) return this.#made;
    this.#at = undefined;
    const made = this.#make();
    this.#made = made;
    made.then(
      () => {
        this.#at = this.#clock.elapsed();
      },
      () => this.forget(),
    );
    return made;
  }

  /** What is known is true no more. */
  forget(): void {
    this.#made = undefined;
    this.#at = undefined;
  }
}
