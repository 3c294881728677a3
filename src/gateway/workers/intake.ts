import { type HeddleError, isHeddleError } from '../../errors.ts';
import type { Clock } from '../../time/clock.ts';
import type { Message, Subscription, Transport } from '../../transport/transport.ts';
import { Demand } from './demand.ts';
import type { Lane } from './lane.ts';

interface Open {
  readonly subscription: Subscription;
  readonly most: number;
}

export interface IntakeOptions {
  /** After the last worker asked. */
  readonly lingerMs: number;
  /** How many more may wait here. */
  room(): number;
  receive(message: Message): void;
  refused(error: HeddleError): void;
  /** Nobody has asked for long, and nothing more comes. */
  deserted(): void;
}

/**
 * Tasks of one lane from the bus, while workers ask for them and between two of their polls: what is sent in between would be lost
 * otherwise. The server itself is told how many to send at most, so a burst takes no more than there is room for, and the
 * rest goes to whoever else works on this type. The next subscription begins before one runs out.
 */
export class LaneIntake {
  readonly #bus: Transport;
  readonly #lane: Lane;
  readonly #options: IntakeOptions;
  /** Who asks for them. */
  readonly demand: Demand;
  readonly #open = new Set<Open>();
  #stopped = false;

  constructor(bus: Transport, lane: Lane, clock: Clock, options: IntakeOptions) {
    this.#bus = bus;
    this.#lane = lane;
    this.#options = options;
    this.demand = new Demand(clock, {
      lingerMs: options.lingerMs,
      grew: () => this.fill(),
      ended: () => void this.#leave(),
    });
  }

  /** Asks the server for as much as there is room for. */
  fill(): void {
    if (!this.demand.isThere) return;
    let coming = 0;
    for (const { subscription, most } of this.#open) coming += Math.max(0, most - subscription.received);
    const free = this.#options.room() - coming;
    // Not for each single one: a subscription costs as much as a task.
    if (free < 1 || (coming > 0 && free < this.#lane.config.buffer / 2)) return;
    this.#subscribe(free);
  }

  /** Resolves when nothing more comes. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.demand.stop();
    await this.#withdraw();
  }

  #subscribe(most: number): void {
    const { subject, queue } = this.#lane;
    const receive = (message: Message): void => {
      this.#options.receive(message);
      this.fill();
    };
    let subscription: Subscription;
    try {
      subscription = this.#bus.subscribe(subject, receive, { queue, max: most });
    } catch (thrown) {
      if (!isHeddleError(thrown)) throw thrown;
      // The connection is gone for good: the gateway is about to end.
      return this.#options.refused(thrown);
    }
    const open = { subscription, most };
    this.#open.add(open);
    void subscription.closed.then((error) => {
      this.#open.delete(open);
      if (error !== undefined) this.#options.refused(error);
      // Else the connection is gone for good, or it was ended here.
      else if (subscription.received >= most) this.fill();
    });
  }

  async #leave(): Promise<void> {
    await this.#withdraw();
    if (!this.demand.isThere && !this.#stopped) this.#options.deserted();
  }

  async #withdraw(): Promise<void> {
    const all = [...this.#open];
    this.#open.clear();
    await Promise.all(all.map(({ subscription }) => subscription.drain().catch(() => {})));
  }
}
