import type { Arrival, Parcel, Sender, Steps } from '../delivery/sender.ts';
import type { Clock, Timer } from '../time/clock.ts';

/** What the server's word is waited for, and what is said when it does not come. */
export interface Patience {
  readonly ms: number;
  over(): Error;
}

interface Batch {
  /** How many of it still wait. */
  left: number;
  timer: Timer | undefined;
}

/** The longest that a message waits for those before it. */
const MOST_HELD_MS = 1;

/**
 * Messages on their way to the bus. Who is alone leaves at once. Those who come while others are in the air wait for the server's word
 * about these, for a millisecond at most, and leave together: in one write, and with one word of the server for all of them, where
 * each by itself would cost one. So the more come, the less each of them costs.
 */
export class Departures {
  readonly #sender: Sender;
  readonly #clock: Clock;
  readonly #patience: Patience;
  #leaving: Departure[] = [];
  /** Batches of which the server has said nothing yet. */
  #inTheAir = 0;
  #held: Timer | undefined;

  constructor(sender: Sender, clock: Clock, patience: Patience) {
    this.#sender = sender;
    this.#clock = clock;
    this.#patience = patience;
  }

  /** `check`: of the connection, right before it leaves; what it throws is thrown. */
  publish(subject: string, text: string, steps: Steps, check: () => void): Promise<Arrival> {
    return new Promise((resolve, reject) => {
      this.#leaving.push(new Departure(subject, text, steps, check, resolve, reject));
      if (this.#leaving.length > 1) return;
      if (this.#inTheAir === 0) this.#leave();
      else this.#held = this.#clock.after(MOST_HELD_MS, this.#leave);
    });
  }

  /** One by itself, with a patience of its own. */
  publishAgain(subject: string, text: string, steps: Steps, ms: number): Promise<Arrival> {
    return new Promise((resolve, reject) => {
      this.#ship([new Departure(subject, text, steps, () => {}, resolve, reject)], ms);
    });
  }

  readonly #leave = (): void => {
    this.#clock.cancel(this.#held);
    const all = this.#leaving;
    if (all.length === 0) return;
    this.#leaving = [];
    this.#ship(all, this.#patience.ms);
  };

  readonly #landed = (): void => {
    this.#inTheAir -= 1;
    // Before those are told who landed: the server works on these meanwhile.
    this.#leave();
  };

  #ship(all: readonly Departure[], ms: number): void {
    const batch: Batch = { left: all.length, timer: undefined };
    const over = (): void => {
      batch.left -= 1;
      if (batch.left === 0) this.#clock.cancel(batch.timer);
    };
    batch.timer = this.#clock.after(Math.max(1, ms), () => {
      for (const each of all) each.failed(this.#patience.over());
    });
    const ready = all.filter((each) => each.ready(over));
    if (ready.length === 0) return;
    this.#inTheAir += 1;
    this.#sender.publishAll(ready, this.#landed);
  }
}

/** One message; the first that is said of it counts. */
class Departure implements Parcel {
  readonly subject: string;
  readonly text: string;
  readonly steps: Steps;
  readonly #check: () => void;
  readonly #resolve: (arrival: Arrival) => void;
  readonly #reject: (thrown: unknown) => void;
  #over: (() => void) | undefined;

  constructor(
    subject: string,
    text: string,
    steps: Steps,
    check: () => void,
    resolve: (arrival: Arrival) => void,
    reject: (thrown: unknown) => void,
  ) {
    this.subject = subject;
    this.text = text;
    this.steps = steps;
    this.#check = check;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  ready(over: () => void): boolean {
    this.#over = over;
    try {
      this.#check();
      return true;
    } catch (thrown) {
      this.failed(thrown);
      return false;
    }
  }

  arrived(arrival: Arrival): void {
    if (this.#isFirst()) this.#resolve(arrival);
  }

  failed(thrown: unknown): void {
    if (this.#isFirst()) this.#reject(thrown);
  }

  #isFirst(): boolean {
    const over = this.#over;
    this.#over = undefined;
    over?.();
    return over !== undefined;
  }
}
