import type { Arrival, Parcel, Sender, Steps } from '../delivery/sender.ts';
import type { Clock, Timer } from '../time/clock.ts';
import { nextTurn } from '../time/turn.ts';

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

/**
 * Messages on their way to the bus. Those that come within one turn of the event loop leave in one write and share one word of the
 * server, where each by itself would cost one; who is alone does not wait.
 */
export class Departures {
  readonly #sender: Sender;
  readonly #clock: Clock;
  readonly #patience: Patience;
  #leaving: Departure[] = [];
  #underWay = 0;

  constructor(sender: Sender, clock: Clock, patience: Patience) {
    this.#sender = sender;
    this.#clock = clock;
    this.#patience = patience;
  }

  /** `check`: of the connection, right before it leaves; what it throws is thrown. */
  publish(subject: string, text: string, steps: Steps, check: () => void): Promise<Arrival> {
    return new Promise((resolve, reject) => {
      this.#underWay += 1;
      this.#leaving.push(new Departure(subject, text, steps, check, resolve, reject));
      if (this.#underWay === 1) this.#leave();
      else if (this.#leaving.length === 1) nextTurn(() => this.#leave());
    });
  }

  /** One by itself, with a patience of its own. */
  publishAgain(subject: string, text: string, steps: Steps, ms: number): Promise<Arrival> {
    return new Promise((resolve, reject) => {
      this.#underWay += 1;
      this.#ship([new Departure(subject, text, steps, () => {}, resolve, reject)], ms);
    });
  }

  #leave(): void {
    const all = this.#leaving;
    this.#leaving = [];
    this.#ship(all, this.#patience.ms);
  }

  #ship(all: readonly Departure[], ms: number): void {
    const batch: Batch = { left: all.length, timer: undefined };
    const over = (): void => {
      this.#underWay -= 1;
      batch.left -= 1;
      if (batch.left === 0) this.#clock.cancel(batch.timer);
    };
    batch.timer = this.#clock.after(Math.max(1, ms), () => {
      for (const each of all) each.failed(this.#patience.over());
    });
    const ready = all.filter((each) => each.ready(over));
    if (ready.length > 0) this.#sender.publishAll(ready);
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
