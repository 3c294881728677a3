import type { HeddleError } from '../errors.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import type { Transport } from '../transport/transport.ts';
import { type Heard, type HeardProbe, openHeardProbe } from './heard.ts';
import type { Prepared } from './prepared.ts';
import { type Receipt, receiptOf } from './receipt.ts';
import { SharedFlush } from './shared-flush.ts';
import type { ExpectOptions } from './wait/expectation.ts';
import type { Outcome } from './wait/outcome.ts';
import { ResultWatch } from './wait/result-watch.ts';

export interface SubmitterOptions {
  /** How long after an answer a second one is still noticed. Default 200 ms; 0 looks for none. */
  readonly lingerMs?: number | undefined;
  /** The router's refusals cannot be heard: this user may not subscribe to the dead letters. */
  readonly onDeaf?: ((error: HeddleError) => void) | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
}

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
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #flush: SharedFlush;
  readonly #watch: ResultWatch;
  readonly #unheard = new Map<string, () => void>();
  #probe: HeardProbe | undefined;
  #tokens = 0;

  constructor(transport: Transport, options: SubmitterOptions = {}) {
    this.#transport = transport;
    this.#clock = options.clock ?? systemClock;
    this.#flush = new SharedFlush(transport);
    this.#watch = new ResultWatch(transport, options);
  }

  /**
   * Publishes and waits until the server has it. Throws when the server refused it, or the connection was lost before it
   * confirmed: then the message may or may not have arrived.
   */
  send(prepared: Prepared): Promise<Receipt> {
    return this.#publish(prepared, nothing, nothing);
  }

  /** Subscribes, publishes, and hands back the receipt while the answer is under way. */
  async start(prepared: Prepared, options: StartOptions): Promise<Submission> {
    const { signal } = options;
    signal?.throwIfAborted();
    const expectation = this.#watch.expect(prepared, options);
    const giveUp = (): void => expectation.abandon(signal?.reason as HeddleError);
    signal?.addEventListener('abort', giveUp, { once: true });
    void expectation.outcome.then(() => signal?.removeEventListener('abort', giveUp));
    try {
      // The server must have taken the subscription first: a refused one would wait for an answer in vain.
      this.#openProbe();
      await this.#flush.flush();
      const refused = expectation.ended;
      if (refused?.kind === 'lost') throw refused.error;
      const receipt = await this.#publish(prepared, expectation.unheard, expectation.sent, options.onSent);
      return { receipt, outcome: expectation.outcome };
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
    this.#probe?.close();
    this.#watch.close();
  }

  async #publish(prepared: Prepared, onUnheard: () => void, onSending: () => void, onSent = nothing): Promise<Receipt> {
    const probe = this.#openProbe();
    const token = String(this.#tokens++);
    let heard: Heard = 'yes';
    this.#unheard.set(token, () => {
      heard = 'no';
      onUnheard();
    });
    try {
      const begun = this.#clock.elapsed();
      const reply = probe.replyFor(token);
      onSending();
      this.#transport.publish(prepared.subject, prepared.text, reply === undefined ? undefined : { reply });
      onSent();
      await this.#flush.flush();
      const elapsed = this.#clock.elapsed() - begun;
      return receiptOf(prepared, probe.usable ? heard : 'unknown', elapsed);
    } finally {
      this.#unheard.delete(token);
    }
  }

  #openProbe(): HeardProbe {
    this.#probe ??= openHeardProbe(this.#transport, (token) => this.#unheard.get(token)?.());
    return this.#probe;
  }
}

const nothing = (): void => {};
