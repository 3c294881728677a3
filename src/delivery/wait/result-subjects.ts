import type { Message, Subscription, Transport } from '../../transport/transport.ts';
import type { OpenExpectation } from './expectation.ts';

/** One result subject, as long as somebody waits, or lingers, on it. */
export interface Channel {
  readonly open: Set<OpenExpectation>;
  /** Its own subscription; undefined where one serves all. */
  readonly subscription: Subscription | undefined;
  /** Open, plus lingering. */
  users: number;
}

/** One subscription for the answers to everything, instead of one a result subject. */
export interface SharedResults {
  /** Such as `heddle.results.>`. */
  readonly pattern: string;
  /** Of several programs under one name each answer reaches one. */
  readonly queue?: string | undefined;
  /** An answer on a subject where nobody here waits. */
  readonly onUnclaimed?: ((message: Message) => void) | undefined;
}

/** Where answers are heard. */
export class ResultSubjects {
  readonly #transport: Transport;
  readonly #shared: SharedResults | undefined;
  readonly #hear: (channel: Channel, message: Message) => void;
  readonly #channels = new Map<string, Channel>();
  #all: Subscription | undefined;

  constructor(
    transport: Transport,
    shared: SharedResults | undefined,
    hear: (channel: Channel, message: Message) => void,
  ) {
    this.#transport = transport;
    this.#shared = shared;
    this.#hear = hear;
  }

  get size(): number {
    return this.#channels.size;
  }

  /** The place of one more who waits there. */
  join(subject: string): Channel {
    const channel = this.#channels.get(subject) ?? this.#open(subject);
    channel.users += 1;
    return channel;
  }

  leave(subject: string): void {
    const channel = this.#channels.get(subject);
    if (channel === undefined) return;
    channel.users -= 1;
    if (channel.users > 0) return;
    channel.subscription?.unsubscribe();
    this.#channels.delete(subject);
  }

  /** Whose answers cannot come when the server refuses this subscription. */
  deafWithout(pattern: string): readonly OpenExpectation[] {
    if (this.#shared === undefined) return [...(this.#channels.get(pattern)?.open ?? [])];
    return pattern === this.#shared.pattern ? [...this.#channels.values()].flatMap(({ open }) => [...open]) : [];
  }

  close(): void {
    for (const { subscription } of this.#channels.values()) subscription?.unsubscribe();
    this.#channels.clear();
    this.#all?.unsubscribe();
    this.#all = undefined;
  }

  #open(subject: string): Channel {
    const subscription =
      this.#shared === undefined
        ? this.#transport.subscribe(subject, (message) => this.#hear(channel, message))
        : this.#listenToAll(this.#shared);
    const channel: Channel = { open: new Set(), subscription, users: 0 };
    this.#channels.set(subject, channel);
    return channel;
  }

  /** Stays until the end: others under the same name count on us. */
  #listenToAll({ pattern, queue, onUnclaimed }: SharedResults): undefined {
    const hear = (message: Message): void => {
      const channel = this.#channels.get(message.subject);
      if (channel !== undefined) this.#hear(channel, message);
      else onUnclaimed?.(message);
    };
    this.#all ??= this.#transport.subscribe(pattern, hear, { queue });
  }
}
