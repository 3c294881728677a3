import type { HeddleError } from '../errors.ts';

/**
 * What the server has confirmed. Counted instead of listed: a number a message is all that publishing pays.
 */
export class Confirmations {
  #confirmed = 0;
  #uncertain = 0;
  #refusals = 0;
  #reported = 0;
  #latestRefusal: HeddleError | undefined;

  /** The server refused something. */
  refused(error: HeddleError): void {
    this.#refusals += 1;
    this.#latestRefusal = error;
  }

  /** The connection dropped after `sent` messages in all. What was not confirmed is now uncertain, for good. */
  dropped(sent: number): void {
    this.#uncertain += sent - this.#confirmed;
    this.#confirmed = sent;
  }

  /** How many messages may be lost, told once. */
  takeUncertain(): number {
    const lost = this.#uncertain;
    this.#uncertain = 0;
    return lost;
  }

  /**
   * Begins to confirm `sent` messages. The function that it returns is called when the server answered, and gives the
   * refusal that came since the last confirmation that ended before this one began: of two flushes side by side both
   * tell, because either may be the one that asked.
   */
  begin(sent: number): () => HeddleError | undefined {
    const reported = this.#reported;
    return () => {
      this.#confirmed = Math.max(this.#confirmed, sent);
      this.#reported = this.#refusals;
      return this.#refusals > reported ? this.#latestRefusal : undefined;
    };
  }
}
