import type { HeddleError } from '../errors.ts';
import type { Transport } from '../transport/transport.ts';
import type { Prepared } from './prepared.ts';
import type { Receipt } from './receipt.ts';
import { Sender } from './sender.ts';
import type { ExpectOptions } from './wait/expectation.ts';
import type { Outcome } from './wait/outcome.ts';
import { ResultWatch, type ResultWatchOptions } from './wait/result-watch.ts';

/** How the answers are heard. */
export type SubmitterOptions = ResultWatchOptions;

/** What is expected of one message, and who hears when it leaves. */
export interface StartOptions extends ExpectOptions {
  /** Gives up waiting; its reason becomes the outcome's. */
  readonly signal?: AbortSignal | undefined;
  /** Called when the message leaves, before anything can come back. */
  readonly onSent?: (() => void) | undefined;
}

/** Work that was sent, and whose answer is awaited. */
export interface Submission {
  readonly receipt: Receipt;
  /** Never rejects: every way it can end is a value. */
  readonly outcome: Promise<Outcome>;
}

/** Sends any number of messages over one connection, knows who was heard, and hears the answers. */
export class Submitter {
  readonly #sender: Sender;
  readonly #watch: ResultWatch;

  constructor(transport: Transport, options: SubmitterOptions = {}) {
    this.#sender = new Sender(transport, options.clock);
    this.#watch = new ResultWatch(transport, options);
  }

  /**
   * Publishes and waits until the server has it. Throws when the server refused it, or the connection was lost before it
   * confirmed: then the message may or may not have arrived.
   */
  send(prepared: Prepared): Promise<Receipt> {
    return this.#sender.send(prepared);
  }

  /** Subscribes, publishes, and hands back the receipt while the answer is under way. */
  async start(prepared: Prepared, options: StartOptions): Promise<Submission> {
    const { signal, onSent } = options;
    signal?.throwIfAborted();
    const expectation = this.#watch.expect(prepared, options);
    const { outcome } = expectation;
    const giveUp = (): void => expectation.abandon(signal?.reason as HeddleError);
    signal?.addEventListener('abort', giveUp, { once: true });
    void outcome.then(() => signal?.removeEventListener('abort', giveUp));
    try {
      // The server must have taken the subscription first: a refused one would wait for an answer in vain.
      await this.#sender.ready();
      const refused = expectation.ended;
      if (refused?.kind === 'lost') throw refused.error;
      const leaving = (): void => expectation.sent();
      const unheard = (): void => expectation.unheard();
      const receipt = await this.#sender.send(prepared, { leaving, left: onSent, unheard, answered: outcome });
      return { receipt, outcome };
    } catch (thrown) {
      expectation.abandon(thrown as HeddleError);
      throw thrown;
    }
  }

  get waiting(): number {
    return this.#watch.waiting;
  }

  /** Resolves when second answers are looked out for no more. */
  lingered(): Promise<void> {
    return this.#watch.lingered();
  }

  /** Unsubscribes everything; what is still awaited ends as `lost`. */
  close(): void {
    this.#sender.close();
    this.#watch.close();
  }
}
