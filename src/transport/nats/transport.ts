import { HeddleError } from '../../errors.ts';
import { refusePattern, refuseQueue, refuseSubject } from '../guards.ts';
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
import { createInbox, type PermissionViolationError } from './client.ts';
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
    if (typeof data === 'string') return this.#sendText(subject, data, options);
    try {
      if (options === undefined) protocol.publish(subject, data);
      else protocol.publish(subject, data, this.#wireOptions(options));
    } catch (error) {
      // The client checks the size before it counts or sends anything.
      const tooLarge = error instanceof Error && error.name === 'InvalidArgumentError';
      throw tooLarge ? this.#tooLarge(subject, data) : error;
    }
  }

  #sendText(subject: string, text: string, options: PublishOptions | undefined): void {
    const { reply, headers } = options ?? {};
    if (reply !== undefined) refuseSubject(reply);
    const wire = headers === undefined ? '' : headersText(this.#requireHeaders(headers));
    const size = Buffer.byteLength(text);
    if (size + Buffer.byteLength(wire) > this.info.maxPayload) throw this.#tooLarge(subject, text);
    this.#link.protocol.publishText(subject, text, size, reply, wire);
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
        this.#link.emit({ kind: 'error', error });
      }
    }
  }

  subscribe(pattern: string, handler: (message: Message) => void, options: SubscribeOptions = {}): Subscription {
    refusePattern(pattern);
    const { queue, max } = options;
    if (queue !== undefined) refuseQueue(queue);
    if (max !== undefined && !(Number.isInteger(max) && max > 0)) {
      throw new HeddleError('input_invalid', `max must be a whole number above 0, not ${max}`);
    }
    const link = this.#link;
    if (link.gate === 'closed' || this.#draining !== undefined) throw link.closedError();
    const failed = (error: unknown): void => link.emit({ kind: 'error', error: handlerError(error, pattern) });
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

  async request(subject: string, data: Uint8Array | string, options: RequestOptions): Promise<Message> {
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
    return createInbox(this.#link.plan.inboxPrefix);
  }

  onEvent(listener: (event: BusEvent) => void): () => void {
    return this.#link.onEvent(listener);
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
    const size = Buffer.byteLength(data);
    return new HeddleError(
      'payload_too_large',
      `a message of ${size} bytes to ${JSON.stringify(subject)} is more than ${this.url} takes (${this.info.maxPayload} bytes with headers)`,
      { hint: 'Send a reference to the data instead, or raise max_payload in the server.', retryable: false },
    );
  }
}

function handlerError(cause: unknown, pattern: string): HeddleError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new HeddleError('internal', `the handler of ${JSON.stringify(pattern)} failed: ${text}`, { cause });
}
