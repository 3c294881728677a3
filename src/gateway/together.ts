import { nextTurn } from '../time/turn.ts';

/**
 * Lets those who come within one turn of the event loop pass together: what they send to the bus then leaves in one write, where
 * each by himself would cost one. Who is alone does not wait.
 */
export class Together {
  #inside = 0;
  #waiting: (() => void)[] = [];

  /** Runs the work, after the others of this turn have come where somebody is under way already. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#inside += 1;
    try {
      if (this.#inside > 1) await this.#pass();
      return await work();
    } finally {
      this.#inside -= 1;
    }
  }

  #pass(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length > 1) return;
      nextTurn(() => {
        const all = this.#waiting;
        this.#waiting = [];
        for (const go of all) go();
      });
    });
  }
}
