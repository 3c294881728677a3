import { subjectMatches } from '../../contract/subject-grammar.ts';
import type { HeddleError } from '../../errors.ts';
import type { Message, Subscription } from '../transport.ts';
import type { MemoryHub, MemoryRoute } from './hub.ts';

/** What a subscription needs of its connection. */
export interface MemoryOwner {
  readonly hub: MemoryHub;
  readonly closed: Promise<HeddleError | undefined>;
  /** A handler threw, or the promise that it returned failed. */
  failed(error: unknown, pattern: string): void;
  forget(subscription: MemorySubscription): void;
}

export class MemorySubscription implements Subscription, MemoryRoute {
  readonly pattern: string;
  readonly queue: string | undefined;
  readonly closed: Promise<HeddleError | undefined>;
  blind: MemoryRoute['blind'];

  readonly #owner: MemoryOwner;
  readonly #handler: (message: Message) => void;
  readonly #max: number | undefined;
  #finish: (reason: HeddleError | undefined | Promise<HeddleError | undefined>) => void = () => {};
  #received = 0;
  #ended = false;

  constructor(
    owner: MemoryOwner,
    pattern: string,
    handler: (message: Message) => void,
    { queue, max }: { queue: string | undefined; max: number | undefined },
  ) {
    this.pattern = pattern;
    this.queue = queue;
    this.#owner = owner;
    this.#handler = handler;
    this.#max = max;
    this.closed = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  get received(): number {
    return this.#received;
  }

  hears(subject: string): boolean {
    return !this.#ended && subjectMatches(this.pattern, subject);
  }

  take(message: Message): boolean {
    if (this.#ended) return false;
    this.#received += 1;
    const last = this.#received === this.#max;
    // Before the handler runs: it may subscribe anew, and must not be heard twice.
    if (last) this.#owner.hub.unsubscribe(this);
    try {
      const result: unknown = this.#handler(message);
      if (result instanceof Promise) result.catch((error: unknown) => this.#owner.failed(error, this.pattern));
    } catch (error) {
      this.#owner.failed(error, this.pattern);
    }
    if (last) this.end(undefined);
    return true;
  }

  unsubscribe(): void {
    this.end(undefined);
  }

  async drain(): Promise<void> {
    if (this.#ended) return;
    const { hub } = this.#owner;
    await new Promise<void>((resolve) => {
      hub.post(() => {
        hub.unsubscribe(this);
        resolve();
      });
    });
    this.end(undefined);
  }

  /** Nothing is handed to the handler after this. A promise as reason is the fate of the connection. */
  end(reason: HeddleError | undefined | Promise<HeddleError | undefined>): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#owner.hub.unsubscribe(this);
    this.#owner.forget(this);
    this.#finish(reason);
  }
}
