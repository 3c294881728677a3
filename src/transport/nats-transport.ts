import { HeddleError } from '../errors.ts';
import { createInbox, type Msg, type PermissionViolationError, type Status, SubscriptionImpl } from './nats-client.ts';
import { Confirmations } from './nats-confirm.ts';
import { dialFailure, type Joined } from './nats-connect.ts';
import { complaintEvent, permissionError } from './nats-events.ts';
import { wireHeaders } from './nats-headers.ts';
import { HeldMessages } from './nats-held.ts';
import { serverInfo } from './nats-info.ts';
import type { Plan } from './nats-plan.ts';
import { NatsSubscription } from './nats-subscription.ts';
import { Requests } from './requests.ts';
import { refusePattern, refuseQueue, refuseSubject } from './subject-guard.ts';
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
} from './transport.ts';

const CLOSED_BY_SERVER = 'the server closed the connection';

/** A bus over a NATS server. */
export class NatsTransport implements Transport {
  readonly closed: Promise<HeddleError | undefined>;

  readonly #joined: Joined;
  readonly #plan: Plan;
  readonly #confirmations = new Confirmations();
  readonly #held = new HeldMessages();
  readonly #listeners = new Set<(event: BusEvent) => void>();
  /** Those who wait for a pong, to be told when it will not come. */
  readonly #waiting = new Set<(error: HeddleError) => void>();
  #finish: (reason: HeddleError | undefined) => void = () => {};
  #requests: Requests | undefined;
  /** Why publishing is not just sending; undefined while it is. */
  #gate: 'away' | 'closed' | undefined;
  #draining: Promise<void> | undefined;
  #askedToClose = false;
  /** The last thing the server complained of on this connection, permissions aside. */
  #complaint: HeddleError | undefined;
  #reason: HeddleError | undefined;
  #lastSubject = '';
  #url: string;
  #info: ServerInfo;
  #infoSource: unknown;

  constructor(joined: Joined, plan: Plan) {
    this.#joined = joined;
    this.#plan = plan;
    const { protocol } = joined;
    this.#url = this.#server();
    this.#infoSource = protocol.info;
    this.#info = serverInfo({ ...protocol.info }, protocol.transport.isEncrypted());
    this.closed = new Promise((resolve) => {
      this.#finish = resolve;
    });
    protocol.onStatus = (status) => this.#heard(status);
    void protocol.closed.then(() => this.#ended());
  }

  get url(): string {
    return this.#url;
  }

  get info(): ServerInfo {
    const { info, transport } = this.#joined.protocol;
    if (info !== undefined && info !== this.#infoSource) {
      this.#infoSource = info;
      this.#info = serverInfo({ ...info }, transport.isEncrypted());
    }
    return this.#info;
  }

  publish(subject: string, data: Uint8Array | string, options?: PublishOptions): void {
    // Most publishers stay with a subject; looking at it again would be a good part of the cost of a message.
    if (subject !== this.#lastSubject) {
      refuseSubject(subject);
      this.#lastSubject = subject;
    }
    if (this.#gate === undefined) this.#send(subject, data, options);
    else if (this.#gate === 'away') this.#hold(subject, data, options);
    else throw this.#closedError();
  }

  #send(subject: string, data: Uint8Array | string, options: PublishOptions | undefined): void {
    const { protocol } = this.#joined;
    if (options === undefined) {
      try {
        protocol.publish(subject, data);
      } catch (error) {
        throw this.#publishError(error, subject, data);
      }
      return;
    }
    const { reply, headers } = options;
    if (reply !== undefined) refuseSubject(reply);
    const wire = headers === undefined ? undefined : wireHeaders(headers);
    if (wire !== undefined && protocol.info?.headers !== true) throw this.#noHeaders();
    try {
      protocol.publish(subject, data, { ...(reply ? { reply } : {}), ...(wire ? { headers: wire } : {}) });
    } catch (error) {
      throw this.#publishError(error, subject, data);
    }
  }

  /** Checks what `#send` would, and keeps it until the connection is back. */
  #hold(subject: string, data: Uint8Array | string, options: PublishOptions | undefined): void {
    if (options?.reply !== undefined) refuseSubject(options.reply);
    if (options?.headers !== undefined) wireHeaders(options.headers);
    if (Buffer.byteLength(data) > this.info.maxPayload) throw this.#tooLarge(subject, data);
    this.#held.add(subject, data, options);
  }

  subscribe(pattern: string, handler: (message: Message) => void, options: SubscribeOptions = {}): Subscription {
    refusePattern(pattern);
    const { queue, max } = options;
    if (queue !== undefined) refuseQueue(queue);
    if (max !== undefined && !(Number.isInteger(max) && max > 0)) {
      throw new HeddleError('input_invalid', `max must be a whole number above 0, not ${max}`);
    }
    if (this.#gate === 'closed' || this.#draining !== undefined) throw this.#closedError();
    const { protocol } = this.#joined;
    const failed = (error: unknown): void => this.#emit({ kind: 'error', error: handlerError(error, pattern) });
    const client = new SubscriptionImpl(protocol, pattern, {
      ...(queue === undefined ? {} : { queue }),
      ...(max === undefined ? {} : { max }),
      callback: (error: Error | null, message: Msg) => {
        // Whatever is left of a chunk when a handler closes the bus is not delivered.
        if (error !== null || this.#gate === 'closed') return;
        try {
          const result: unknown = handler(message);
          if (result instanceof Promise) result.catch(failed);
        } catch (thrown) {
          failed(thrown);
        }
      },
    });
    protocol.subscribe(client);
    return new NatsSubscription(client, {
      ping: () => this.#ping(),
      explain: (error) => permissionError(error as PermissionViolationError, this.#url),
      closed: this.closed,
    });
  }

  async request(subject: string, data: Uint8Array | string, options: RequestOptions): Promise<Message> {
    this.#requests ??= new Requests(this);
    return this.#requests.one(subject, data, options);
  }

  requestMany(subject: string, data: Uint8Array | string, options: RequestManyOptions): AsyncIterable<Message> {
    this.#requests ??= new Requests(this);
    return this.#requests.many(subject, data, options);
  }

  async flush(): Promise<void> {
    const uncertain = this.#confirmations.takeUncertain();
    if (this.#gate === 'closed' && uncertain === 0) throw this.#closedError();
    if (this.#gate !== undefined || uncertain > 0) throw this.#lostError(uncertain, this.#held.count);
    const confirm = this.#confirmations.begin(this.#joined.protocol.outMsgs);
    try {
      await this.#ping();
    } catch (error) {
      // This flush tells it; the next one need not.
      this.#confirmations.takeUncertain();
      throw error;
    }
    const refusal = confirm();
    if (refusal !== undefined) throw refusal;
  }

  async rtt(): Promise<number> {
    if (this.#gate === 'closed') throw this.#closedError();
    if (this.#gate === 'away') throw this.#lostError(0);
    const start = performance.now();
    await this.#ping();
    return performance.now() - start;
  }

  inbox(): string {
    return createInbox(this.#plan.inboxPrefix);
  }

  onEvent(listener: (event: BusEvent) => void): () => void {
    // A function of its own, so that the same listener given twice is two.
    const each = (event: BusEvent): void => listener(event);
    this.#listeners.add(each);
    return () => void this.#listeners.delete(each);
  }

  drain(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  async #drain(): Promise<void> {
    if (this.#gate === 'closed') return this.close();
    let problem: unknown;
    // A server that hangs must not keep a program from ending.
    const timer = setTimeout(() => this.#dropWaiting(), this.#plan.timeoutMs);
    try {
      const { protocol } = this.#joined;
      const clients = protocol.subscriptions.all();
      for (const client of clients) protocol.unsub(client);
      if (clients.length > 0 && this.#gate === undefined) {
        await this.#ping().catch(() => {});
        for (const client of clients) protocol.subscriptions.cancel(client);
      }
      const held = this.#held.count;
      if (this.#gate === undefined) await this.flush();
      else if (held > 0) problem = this.#lostError(0, held);
    } catch (error) {
      problem = error;
    } finally {
      clearTimeout(timer);
    }
    await this.close();
    if (problem !== undefined) throw problem;
  }

  async close(): Promise<void> {
    if (this.#gate !== 'closed') {
      this.#askedToClose = true;
      this.#gate = 'closed';
      await this.#joined.protocol.close();
    }
    await this.closed;
  }

  /** Sends a ping; the pong comes after everything that the server has to say about what was sent before. */
  #ping(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      const done = (settle: () => void): void => {
        this.#waiting.delete(reject);
        settle();
      };
      this.#joined.protocol.flush().then(
        () => done(resolve),
        () => done(() => reject(this.#lostError(0))),
      );
    });
  }

  #heard(status: Status): void {
    const { protocol, backoff } = this.#joined;
    switch (status.type) {
      case 'disconnect':
        return this.#dropped();
      case 'reconnecting':
        backoff.attempted(protocol.servers.length());
        return this.#emit({ kind: 'reconnecting', server: this.#server(), reason: this.#whyNot() });
      case 'reconnect':
        return this.#cameBack();
      case 'staleConnection':
        // The client ends a connection in this way also when the credentials expired; that was told already.
        if (!this.#complaint?.code.startsWith('auth_')) this.#emit({ kind: 'stale', server: this.#url });
        return;
      case 'ldm':
        return this.#emit({ kind: 'lame_duck', server: this.#url });
      case 'error':
        return this.#complained(status.error);
    }
  }

  #complained(error: Error): void {
    const { protocol, addresses } = this.#joined;
    const address = addresses.get(protocol.server.listen) ?? { label: this.#server() };
    const connection = {
      address,
      info: protocol.socket?.info,
      credentials: this.#plan.credentials,
      now: performance.timeOrigin + performance.now(),
    };
    const event = complaintEvent(error, connection, this.#plan.secrets);
    if (event.kind === 'permission') this.#confirmations.refused(event.error);
    else if (event.kind === 'error') this.#complaint = event.error;
    this.#emit(event);
  }

  #dropped(): void {
    this.#confirmations.dropped(this.#joined.protocol.outMsgs);
    if (this.#gate === 'closed') return;
    const reason = this.#complaint?.message ?? this.#joined.protocol.socket?.whyClosed ?? CLOSED_BY_SERVER;
    this.#gate = this.#plan.reconnect ? 'away' : 'closed';
    if (this.#gate === 'closed') this.#reason = this.#complaint ?? this.#lostError(0);
    this.#dropWaiting();
    this.#emit({ kind: 'disconnected', server: this.#url, reason });
  }

  #cameBack(): void {
    if (this.#gate !== 'away') return;
    this.#gate = undefined;
    this.#complaint = undefined;
    this.#joined.backoff.succeeded();
    this.#url = this.#server();
    for (const { subject, data, options } of this.#held.take()) {
      try {
        this.#send(subject, data, options);
      } catch (error) {
        // Only another server than the one we left can refuse it: it takes less.
        if (error instanceof HeddleError) {
          this.#confirmations.refused(error);
          this.#emit({ kind: 'error', error });
        }
      }
    }
    this.#emit({ kind: 'reconnected', server: this.#url });
  }

  /** The connection is gone for good. */
  #ended(): void {
    this.#gate = 'closed';
    if (!this.#askedToClose) this.#reason ??= this.#lostError(0);
    const error = this.#askedToClose ? undefined : this.#reason;
    this.#dropWaiting();
    this.#finish(error);
    this.#emit({ kind: 'closed', error });
  }

  #dropWaiting(): void {
    const error = this.#askedToClose ? this.#closedError() : this.#lostError(0);
    for (const reject of this.#waiting) reject(error);
    this.#waiting.clear();
  }

  #emit(event: BusEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch {
        // Whoever listens to the news answers for itself.
      }
    }
  }

  /** The server that the engine is at, as it was named to us. */
  #server(): string {
    const { protocol, addresses } = this.#joined;
    const scheme = protocol.transport.isEncrypted() ? 'tls' : 'nats';
    return addresses.get(protocol.server.listen)?.label ?? `${scheme}://${protocol.server.listen}`;
  }

  /** Why the latest attempt to reconnect failed; undefined for the first one. */
  #whyNot(): string | undefined {
    const { protocol, addresses } = this.#joined;
    const address = addresses.get(protocol.server.listen);
    const { socket } = protocol;
    if (socket === undefined || address === undefined) return undefined;
    if (socket.problem === undefined && socket.complaints.length === 0) return undefined;
    return dialFailure(this.#plan, address, socket).message;
  }

  #publishError(error: unknown, subject: string, data: Uint8Array | string): unknown {
    return error instanceof Error && error.name === 'InvalidArgumentError' ? this.#tooLarge(subject, data) : error;
  }

  #tooLarge(subject: string, data: Uint8Array | string): HeddleError {
    const { maxPayload } = this.info;
    return new HeddleError(
      'payload_too_large',
      `a message of ${Buffer.byteLength(data)} bytes to ${JSON.stringify(subject)} is more than ${this.#url} takes (${maxPayload} bytes with headers)`,
      { hint: 'Send a reference to the data instead, or raise max_payload in the server.', retryable: false },
    );
  }

  #noHeaders(): HeddleError {
    return new HeddleError('connection_failed', `${this.#url} does not know headers`, {
      hint: 'A NATS server has them since version 2.2.',
      retryable: false,
    });
  }

  #closedError(): HeddleError {
    return this.#reason ?? new HeddleError('connection_closed', `the connection to ${this.#url} is closed`);
  }

  #lostError(uncertain: number, held = 0): HeddleError {
    const fate = uncertain === 0 ? '' : `; ${messages(uncertain)} may or may not have arrived`;
    const rest = held === 0 ? '' : `; ${messages(held)} not sent yet`;
    return new HeddleError('connection_lost', `the connection to ${this.#url} was lost${fate}${rest}`, {
      hint: 'Look whether the server runs: heddle-ts preflight.',
      retryable: true,
    });
  }
}

function messages(count: number): string {
  return count === 1 ? '1 message' : `${count} messages`;
}

function handlerError(cause: unknown, pattern: string): HeddleError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new HeddleError('internal', `the handler of ${JSON.stringify(pattern)} failed: ${text}`, { cause });
}
