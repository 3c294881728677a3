import { HeddleError } from '../../errors.ts';
import { handlerFailed, tooLarge } from '../failures.ts';
import { refuseSubject, refuseSubscription } from '../guards.ts';
import { HeldMessages } from '../held-messages.ts';
import { Requests } from '../requests.ts';
import type {
  BusEvent,
  Message,
  PublishOptions,
  RequestManyOptions,
  RequestOptions,
  ServerInfo,
  SubscribeOptions,
  Subscription,
  Transport,
} from '../transport.ts';
import type { PermissionViolationError } from './client.ts';
import type { Joined } from './connect.ts';
import { permissionError } from './events.ts';
import { headersText, wireHeaders } from './headers.ts';
import { NatsLink } from './link.ts';
import { DirectSubscription } from './parser.ts';
import type { Plan } from './plan.ts';
import { NatsSubscription } from './subscription.ts';

/** A bus over a NATS server. */
export class NatsTransport implements Transport {
  readonly closed: Promise<HeddleError | undefined>;
  readonly #link: NatsLink;
  readonly #held = new HeldMessages();
  #requests: Requests | undefined;
  #draining: Promise<void> | undefined;
  #lastSubject: string | undefined;

  constructor(joined: Joined, plan: Plan) {
    this.#link = new NatsLink(joined, plan);
    this.#link.onBack = () => this.#sendHeld();
    this.closed = this.#link.closed;
  }

  get url(): string {
    return this.#link.url;
  }

  get info(): ServerInfo {
    return this.#link.info;
  }

  publish(subject: string, data: Uint8Array | string, options?: PublishOptions): void {
    // Most publishers stay with a subject; looking at it again would be a good part of the cost of a message.
    if (subject !== this.#lastSubject) {
      refuseSubject(subject);
      this.#lastSubject = subject;
    }
    const { gate } = this.#link;
    if (gate === undefined) this.#send(subject, data, options);
    else if (gate === 'away') this.#hold(subject, data, options);
    else throw this.#link.closedError();
  }

  #send(subject: string, data: Uint8Array | string, options: PublishOptions | undefined): void {
    const { protocol } = this.#link;
    if (typeof data === 'string') {
      const { reply, headers } = options ?? {};
      if (reply !== undefined) refuseSubject(reply);
      const fields = headers === undefined ? '' : headersText(this.#requireHeaders(headers));
      if (protocol.publishText(subject, data, reply, fields)) return;
      throw this.#tooLarge(subject, data);
    }
    try {
      if (options === undefined) protocol.publish(subject, data);
      else protocol.publish(subject, data, this.#wireOptions(options));
    } catch (error) {
      // The client checks the size before it counts or sends anything.
      const isTooLarge = error instanceof Error && error.name === 'InvalidArgumentError';
      throw isTooLarge ? this.#tooLarge(subject, data) : error;
    }
  }

  #wireOptions({ reply, headers }: PublishOptions): Parameters<NatsLink['protocol']['publish']>[2] {
    if (reply !== undefined) refuseSubject(reply);
    if (headers === undefined) return reply === undefined ? {} : { reply };
    const wire = wireHeaders(this.#requireHeaders(headers));
    return reply === undefined ? { headers: wire } : { reply, headers: wire };
  }

  #requireHeaders<T>(fields: T): T {
    if (this.info.headers) return fields;
    throw new HeddleError('connection_failed', `${this.url} does not know headers`, {
      hint: 'A NATS server has them since version 2.2.',
      retryable: false,
    });
  }

  /** Checks what `#send` would, and keeps it until the connection is back. */
  #hold(subject: string, data: Uint8Array | string, options: PublishOptions | undefined): void {
    if (options !== undefined) this.#wireOptions(options);
    if (Buffer.byteLength(data) > this.info.maxPayload) throw this.#tooLarge(subject, data);
    this.#held.add(subject, data, options);
  }

  #sendHeld(): void {
    for (const { subject, data, options } of this.#held.take()) {
      try {
        this.#send(subject, data, options);
      } catch (error) {
        // It was checked when it came; only another server than the one we left takes less.
        if (!(error instanceof HeddleError)) throw error;
        this.#link.confirmations.refused(error);
        this.#link.news.tell({ kind: 'error', error });
      }
    }
  }

  subscribe(pattern: string, handler: (message: Message) => void, options: SubscribeOptions = {}): Subscription {
    refuseSubscription(pattern, options);
    const { queue, max } = options;
    const link = this.#link;
    if (link.gate === 'closed' || this.#draining !== undefined) throw link.closedError();
    const failed = (error: unknown): void => link.news.tell({ kind: 'error', error: handlerFailed(pattern, error) });
    const deliver = (message: Message): void => {
      // Whatever is left of a chunk when a handler closes the bus is not delivered.
      if (link.gate === 'closed') return;
      try {
        const result: unknown = handler(message);
        if (result instanceof Promise) result.catch(failed);
      } catch (thrown) {
        failed(thrown);
      }
    };
    const limits = { ...(queue === undefined ? {} : { queue }), ...(max === undefined ? {} : { max }) };
    const client = new DirectSubscription(link.protocol, pattern, limits, deliver);
    link.protocol.subscribe(client);
    return new NatsSubscription(client, {
      ping: () => link.ping(),
      explain: (error) => permissionError(error as PermissionViolationError, link.url, link.plan.inboxPrefix),
      closed: link.closed,
    });
  }

  giveBack(data: Uint8Array): void {
    this.#link.protocol.memory.giveBack(data);
  }

  request(subject: string, data: Uint8Array | string, options: RequestOptions): Promise<Message> {
    return this.#asking().one(subject, data, options);
  }

  requestMany(subject: string, data: Uint8Array | string, options: RequestManyOptions): AsyncIterable<Message> {
    return this.#asking().many(subject, data, options);
  }

  #asking(): Requests {
    this.#requests ??= new Requests(this, this.#link.plan.clock);
    return this.#requests;
  }

  async flush(): Promise<void> {
    const { gate, confirmations, protocol } = this.#link;
    const uncertain = confirmations.takeUncertain();
    if (gate === 'closed' && uncertain === 0) throw this.#link.closedError();
    if (gate !== undefined || uncertain > 0) throw this.#link.lostError(uncertain, this.#held.count);
    const confirm = confirmations.begin(protocol.outMsgs);
    try {
      await this.#link.ping();
    } catch {
      // The drop is told here; the next flush need not tell it again.
      if (this.#link.closedByUs) throw this.#link.closedError();
      throw this.#link.lostError(confirmations.takeUncertain());
    }
    const refusal = confirm();
    if (refusal !== undefined) throw refusal;
  }

  async rtt(): Promise<number> {
    const { gate, plan } = this.#link;
    if (gate !== undefined) throw gate === 'closed' ? this.#link.closedError() : this.#link.lostError();
    const start = plan.clock.elapsed();
    await this.#link.ping();
    return plan.clock.elapsed() - start;
  }

  inbox(): string {
    return newInbox(this.#link.plan.inboxPrefix, Math.random);
  }

  onEvent(listener: (event: BusEvent) => void): () => void {
    return this.#link.news.on(listener);
  }

  drain(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  async #drain(): Promise<void> {
    const link = this.#link;
    if (link.gate === 'closed') return this.close();
    let problem: unknown;
    // A server that hangs must not keep a program from ending.
    const timer = link.plan.clock.after(link.plan.timeoutMs, () => {
      link.confirmations.dropped(link.protocol.outMsgs);
      link.stopWaiting();
    });
    try {
      const clients = link.protocol.subscriptions.all();
      for (const client of clients) link.protocol.unsub(client);
      // What is on its way comes before the pong, and its handlers may still publish.
      if (clients.length > 0 && link.gate === undefined) await link.ping().catch(() => {});
      for (const client of clients) link.protocol.subscriptions.cancel(client);
      if (link.gate === undefined || this.#held.count > 0) await this.flush();
    } catch (error) {
      problem = error;
    }
    link.plan.clock.cancel(timer);
    await this.close();
    if (problem !== undefined) throw problem;
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  #tooLarge(subject: string, data: Uint8Array | string): HeddleError {
    return tooLarge(this, subject, Buffer.byteLength(data), 'max_payload in the server');
  }
}

/**
 * A name that nobody else has. It only has to differ, as whoever sees an inbox may answer to it: so the runtime's plain
 * random numbers do, and its cryptography, 3 ms of every start, is left alone.
 */
function newInbox(prefix: string, random: () => number): string {
  const half = (): string =>
    Math.floor(random() * 2 ** 53)
      .toString(36)
      .padStart(11, '0');
  return `${prefix}.${half()}${half()}`;
}
