import type { Clock } from '../time/clock.ts';

/** Whether a client is still there, by what was heard of it and by what it was asked. */
export class Pulse {
  readonly #clock: Clock;
  /** When it came, by the clock of durations, as is `#askedAt`. */
  readonly #since: number;
  #askedAt = 0;
  #open = 0;
  #wasHeard = true;
  /** Milliseconds since 1970. */
  lastHeard: number;
  /** Milliseconds; until the first answer it is how long the client took to introduce itself. */
  roundTrip: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.elapsed();
    this.lastHeard = clock.now();
  }

  heard(): void {
    this.lastHeard = this.#clock.now();
    this.#wasHeard = true;
  }

  introduced(): void {
    this.roundTrip ??= this.#clock.elapsed() - this.#since;
  }

  /** Looked at from time to time. `ask`: it is to be asked now. `gone`: it has left as many questions open as it may. */
  look(mostOpen: number): 'well' | 'ask' | 'gone' {
    const wasHeard = this.#wasHeard;
    this.#wasHeard = false;
    if (wasHeard && this.roundTrip !== undefined && this.#open === 0) return 'well';
    if (this.#open >= mostOpen) return 'gone';
    this.#open += 1;
    this.#askedAt = this.#clock.elapsed();
    return 'ask';
  }

  /** One answer is enough for all questions. */
  answered(): void {
    if (this.#open > 0) this.roundTrip = this.#clock.elapsed() - this.#askedAt;
    this.#open = 0;
  }
}
