import { AckPolicy, DeliverPolicy, DiscardPolicy, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { HeddleError } from '../../errors.ts';
import type { Clock, Timer } from '../../time/clock.ts';
import { within } from '../../time/wait.ts';
import type { Message, Subscription } from '../../transport/transport.ts';
import type { TakeOptions, Taking, WorkDelivery, WorkQueue, WorkQueueOptions } from '../work-queue.ts';
import { apiCodeOf, CODE, inWords, isNoSuchMessage } from './failure.ts';
import { patiently } from './patience.ts';
import type { Server } from './server.ts';
import { appearingStream, findStream, standingStream } from './state.ts';

const NS = 1_000_000;
/** How long a request for messages stands at the server. */
const STANDING_MS = 30_000;
/** After that the server has forgotten it, and its word was lost. */
const LATE_MS = 5_000;
/** How long a request stands that has the server look, and how long its word is waited for. */
const LOOK = { standingMs: 10, withinMs: 500 };

export class JetStreamWorkQueue implements WorkQueue {
  readonly name: string;
  readonly #server: Server;
  readonly #options: WorkQueueOptions;
  readonly #clock: Clock;

  constructor(server: Server, options: WorkQueueOptions, clock: Clock) {
    this.name = options.name;
    this.#server = server;
    this.#options = options;
    this.#clock = clock;
  }

  async ensure(): Promise<void> {
    const { manager, bus } = this.#server;
    const { name, consumers, maxBytes, replicas = 1 } = this.#options;
    const limits = { subjects: consumers.map(({ subject }) => subject), max_bytes: maxBytes, num_replicas: replicas };
    const standing = await findStream(this.#server, name);
    if (standing !== undefined && standing.config.retention !== RetentionPolicy.Workqueue) {
      throw new HeddleError('settings_invalid', `the stream ${name} is there, and is no work queue`, {
        hint: 'Remove it, or have the gateway use another name.',
      });
    }
    try {
      if (standing === undefined) {
        await patiently(this.#server, () =>
          manager.streams.add({
            name,
            ...limits,
            retention: RetentionPolicy.Workqueue,
            discard: DiscardPolicy.New,
            storage: StorageType.File,
          }),
        );
      } else await manager.streams.update(name, limits);
    } catch (error) {
      // Another replica makes the same.
      if (apiCodeOf(error) !== CODE.streamNameInUse) throw inWords(error, bus, `$JS.API.STREAM.CREATE.${name}`);
      await appearingStream(this.#server, name);
    }
    for (const { name: consumer, subject, silenceMs, mostTaken } of consumers) {
      const changing = { ack_wait: silenceMs * NS, max_ack_pending: mostTaken };
      try {
        await manager.consumers.add(name, {
          durable_name: consumer,
          filter_subject: subject,
          ack_policy: AckPolicy.Explicit,
          deliver_policy: DeliverPolicy.All,
          max_deliver: -1,
          max_waiting: 512,
          ...changing,
        });
      } catch (error) {
        const asked = `$JS.API.CONSUMER.CREATE.${name}.${consumer}`;
        if (apiCodeOf(error) !== CODE.consumerExists) throw inWords(error, bus, asked);
        await manager.consumers.update(name, consumer, changing).catch((thrown: unknown) => {
          throw inWords(thrown, bus, asked);
        });
      }
    }
  }

  take(consumer: string, options: TakeOptions): Taking {
    return new Takings(this.#server, `$JS.API.CONSUMER.MSG.NEXT.${this.name}.${consumer}`, this.#clock, options);
  }

  async message(seq: number): Promise<Uint8Array | undefined> {
    const { manager, bus } = this.#server;
    try {
      const found = await manager.streams.getMessage(this.name, { seq });
      return found?.data;
    } catch (error) {
      if (isNoSuchMessage(error)) return undefined;
      throw inWords(error, bus, `$JS.API.STREAM.MSG.GET.${this.name}`);
    }
  }

  done(token: string): void {
    this.#say(token, '+ACK');
  }

  working(token: string): void {
    this.#say(token, '+WPI');
  }

  again(token: string, afterMs: number): void {
    this.#say(token, afterMs > 0 ? `-NAK {"delay":${Math.round(afterMs * NS)}}` : '-NAK');
  }

  async waiting(): Promise<number> {
    return (await standingStream(this.#server, this.name)).state.messages;
  }

  async room(): Promise<{ messages: number; bytes: number; maxBytes: number }> {
    const { state, config } = await standingStream(this.#server, this.name);
    return { messages: state.messages, bytes: state.bytes, maxBytes: config.max_bytes };
  }

  /** What is not said goes to somebody else when the time is over. */
  #say(token: string, what: string): void {
    try {
      this.#server.bus.publish(token, what);
    } catch {
      // The connection is gone for good.
    }
  }
}

interface Asking {
  left: number;
  readonly subscription: Subscription;
  readonly timer: Timer;
}

/** Requests for messages that stand at the server, each with an address of its own: so its end is known to be its end. */
class Takings implements Taking {
  readonly #server: Server;
  readonly #subject: string;
  readonly #clock: Clock;
  readonly #options: TakeOptions;
  readonly #asking = new Set<Asking>();
  readonly #undo: () => void;

  constructor(server: Server, subject: string, clock: Clock, options: TakeOptions) {
    this.#server = server;
    this.#subject = subject;
    this.#clock = clock;
    this.#options = options;
    // The server forgets what a connection asked for.
    this.#undo = server.bus.onEvent(({ kind }) => {
      if (kind === 'disconnected') for (const each of this.#asking) this.#end(each);
      else if (kind === 'reconnected') options.over();
    });
  }

  get coming(): number {
    let coming = 0;
    for (const { left } of this.#asking) coming += left;
    return coming;
  }

  ask(count: number): void {
    const { bus } = this.#server;
    const inbox = bus.inbox();
    const subscription = bus.subscribe(inbox, (message) => this.#hear(asking, message));
    const timer = this.#clock.after(STANDING_MS + LATE_MS, () => this.#over(asking));
    this.#clock.unref(timer);
    const asking: Asking = { left: count, subscription, timer };
    this.#asking.add(asking);
    bus.publish(this.#subject, JSON.stringify({ batch: count, expires: STANDING_MS * NS }), { reply: inbox });
  }

  async rest(): Promise<void> {
    const all = [...this.#asking];
    // The server hands out nothing where nobody listens for it.
    await Promise.all(all.map(({ subscription }) => subscription.drain().catch(() => {})));
    const stood = all.filter((each) => this.#end(each));
    if (stood.length > 0) await this.#look();
  }

  /**
   * Has the server look at the requests that stand there, so that it forgets ours. One of 2.9 that finds out only when a message comes
   * back to it, and nobody else asks, loses that message until the time of its taker is over, and hands out the last one twice.
   */
  async #look(): Promise<void> {
    const { bus } = this.#server;
    const inbox = bus.inbox();
    let looked = (): void => {};
    const word = new Promise<void>((resolve) => {
      looked = resolve;
    });
    try {
      const subscription = bus.subscribe(inbox, (message) => {
        const delivery = deliveryOf(message);
        if (delivery !== undefined) this.#options.receive(delivery);
        looked();
      });
      bus.publish(this.#subject, JSON.stringify({ batch: 1, expires: LOOK.standingMs * NS }), { reply: inbox });
      await within(this.#clock, word, LOOK.withinMs);
      subscription.unsubscribe();
    } catch {
      // The connection is gone for good.
    }
  }

  async stop(): Promise<void> {
    this.#undo();
    await this.rest();
  }

  #hear(asking: Asking, message: Message): void {
    const delivery = deliveryOf(message);
    // A word of the server: the request is at its end, or nobody knows of it.
    if (delivery === undefined) {
      if (message.headers?.code !== 100) this.#over(asking);
      return;
    }
    asking.left -= 1;
    if (asking.left <= 0) this.#end(asking);
    this.#options.receive(delivery);
  }

  #over(asking: Asking): void {
    if (this.#end(asking)) this.#options.over();
  }

  #end(asking: Asking): boolean {
    this.#clock.cancel(asking.timer);
    if (!this.#asking.delete(asking)) return false;
    asking.subscription.unsubscribe();
    return true;
  }
}

/** `$JS.ACK.<stream>.<consumer>.<count>.<seq>.…`; with a domain and an account two tokens more stand before the stream. */
function deliveryOf({ reply, data }: Message): WorkDelivery | undefined {
  if (reply === undefined || !reply.startsWith('$JS.ACK.')) return undefined;
  const tokens = reply.split('.');
  const from = tokens.length > 9 ? 6 : 4;
  const [count, seq] = [Number(tokens[from]), Number(tokens[from + 1])];
  return Number.isSafeInteger(count) && Number.isSafeInteger(seq) ? { seq, count, data, token: reply } : undefined;
}
