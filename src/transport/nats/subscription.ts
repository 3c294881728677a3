import type { HeddleError } from '../../errors.ts';
import type { Subscription } from '../transport.ts';
import type { SubscriptionImpl } from './client.ts';

/** What a subscription needs of its connection. */
export interface Owner {
  /** One round trip; rejects when the connection is gone. */
  ping(): Promise<void>;
  explain(error: Error): HeddleError;
  readonly closed: Promise<HeddleError | undefined>;
}

export class NatsSubscription implements Subscription {
  readonly pattern: string;
  readonly queue: string | undefined;
  readonly closed: Promise<HeddleError | undefined>;
  readonly #client: SubscriptionImpl;
  readonly #owner: Owner;
  #asked = false;

  constructor(client: SubscriptionImpl, owner: Owner) {
    this.pattern = client.subject;
    this.queue = client.queue;
    this.#client = client;
    this.#owner = owner;
    const { max } = client;
    this.closed = client.closed.then((error) => {
      if (error) return owner.explain(error);
      if (this.#asked || (max !== undefined && client.received >= max)) return undefined;
      return owner.closed;
    });
  }

  get received(): number {
    return this.#client.received;
  }

  unsubscribe(): void {
    this.#asked = true;
    this.#client.unsubscribe();
  }

  async drain(): Promise<void> {
    this.#asked = true;
    const { protocol } = this.#client;
    if (this.#client.isClosed()) return;
    protocol.unsub(this.#client);
    try {
      // What the server sent before it read the UNSUB comes before the pong.
      await this.#owner.ping();
    } catch {
      // The connection is gone, and with it what was on its way.
    }
    protocol.subscriptions.cancel(this.#client);
  }
}
