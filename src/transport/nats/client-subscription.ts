import { HeddleError } from '../../errors.ts';
import type { Subscription, Transport } from '../transport.ts';
import type { ClientSubscription, Msg, MsgCallback } from './client.ts';
import { ClientMessage } from './client-message.ts';

/** A subscription of ours as the client's own packages take it: with a callback, which also hears why it ended. */
export class CallbackSubscription implements ClientSubscription {
  readonly callback: MsgCallback<Msg>;
  readonly closed: Promise<undefined | Error>;
  readonly #subscription: Subscription;
  #state: 'open' | 'draining' | 'ended' = 'open';

  constructor(bus: Transport, subject: string, queue: string | undefined, callback: MsgCallback<Msg>) {
    this.callback = callback;
    const handler = (message: Parameters<Parameters<Transport['subscribe']>[1]>[0]): void => {
      if (this.#state !== 'ended') void callback(null, new ClientMessage(message, bus));
    };
    this.#subscription = bus.subscribe(subject, handler, { queue });
    this.closed = this.#subscription.closed.then((reason) => {
      // Refused by the server, or the connection is gone for good.
      if (reason !== undefined && this.#state !== 'ended') void callback(reason, NO_MESSAGE);
      this.#state = 'ended';
      return reason;
    });
  }

  unsubscribe(): void {
    this.#state = 'ended';
    this.#subscription.unsubscribe();
  }

  async drain(): Promise<void> {
    this.#state = 'draining';
    await this.#subscription.drain();
  }

  isDraining(): boolean {
    return this.#state === 'draining';
  }

  isClosed(): boolean {
    return this.#state === 'ended';
  }

  getSubject(): string {
    return this.#subscription.pattern;
  }

  getReceived(): number {
    return this.#subscription.received;
  }

  getProcessed(): number {
    return this.#subscription.received;
  }

  getPending(): number {
    return 0;
  }

  getID(): number {
    return 0;
  }

  getMax(): undefined {
    return undefined;
  }

  [Symbol.asyncIterator](): AsyncIterator<Msg> {
    throw new HeddleError('internal', 'messages of this subscription go to its callback');
  }
}

/** What goes to a callback beside an error. */
const NO_MESSAGE = new ClientMessage({ subject: '', data: new Uint8Array() }, { publish: () => {} });
