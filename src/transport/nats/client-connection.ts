import { HeddleError, isHeddleError } from '../../errors.ts';
import type { BusEvent, Transport } from '../transport.ts';
import {
  type ClientPublishOptions,
  type ClientRequestOptions,
  type ClientServerInfo,
  type ClientSubscription,
  type ClientSubscriptionOptions,
  Features,
  type Msg,
  type NatsConnection,
  NoRespondersError,
  type Payload,
  parseSemVer,
  QueuedIteratorImpl,
  RequestError,
  type SemVer,
  type Stats,
  type Status,
  TimeoutError,
} from './client.ts';
import { ClientMessage, publishOptions } from './client-message.ts';
import { CallbackSubscription } from './client-subscription.ts';

interface CloseListener {
  connectionClosedCallback(error: undefined | Error): void;
}

/**
 * A bus of ours as the connection that the client's packages for streams and buckets expect. Everything goes through the
 * bus, so that deadlines, permissions and what is held while the connection is away are the same as for everybody else.
 *
 * Besides the published interface it has what those packages of version 3.3.1 reach for on the client's own class:
 * `options.inboxPrefix`, `features`, `getServerVersion` and the close listeners. Not `_resub`: it moves the subscription of
 * an ordered consumer, and those also publish to subjects with wildcards, which the bus refuses. src/store keeps the order
 * itself.
 */
export class ClientConnection implements NatsConnection {
  readonly options: { readonly inboxPrefix: string };
  readonly #bus: Transport;
  readonly #closeListeners = new Set<CloseListener>();
  #closed = false;
  #features: { readonly version: string; readonly of: Features } | undefined;

  constructor(bus: Transport) {
    this.#bus = bus;
    // Inboxes below one of our own: where this user may listen is decided by the bus.
    this.options = { inboxPrefix: bus.inbox() };
    void bus.closed.then((error) => {
      this.#closed = true;
      for (const listener of [...this.#closeListeners]) listener.connectionClosedCallback(error);
    });
  }

  get info(): ClientServerInfo {
    const { info } = this.#bus;
    return {
      server_id: info.serverId,
      server_name: info.serverName,
      version: info.version,
      max_payload: info.maxPayload,
      headers: info.headers,
      jetstream: info.jetstream,
      client_id: info.clientId ?? 0,
      ...(info.cluster === undefined ? {} : { cluster: info.cluster }),
      // Not known here, and asked by nobody.
      go: '',
      host: '',
      port: 0,
      proto: 1,
    };
  }

  get features(): Features {
    const { version } = this.#bus.info;
    // A reconnect may land on another version.
    if (this.#features?.version !== version) this.#features = { version, of: new Features(semVerOf(version)) };
    return this.#features.of;
  }

  getServerVersion(): SemVer {
    return semVerOf(this.#bus.info.version);
  }

  publish(subject: string, payload: Payload = '', options?: ClientPublishOptions): void {
    this.#bus.publish(subject, payload, publishOptions(options));
  }

  publishMessage(message: Msg): void {
    const { subject, data, reply, headers } = message;
    this.publish(subject, data, { ...(reply && { reply }), ...(headers && { headers }) });
  }

  respondMessage(message: Msg): boolean {
    if (!message.reply) return false;
    this.publish(message.reply, message.data, message.headers && { headers: message.headers });
    return true;
  }

  subscribe(subject: string, options: ClientSubscriptionOptions = {}): ClientSubscription {
    const { callback } = options;
    if (callback === undefined) throw notServed('subscriptions without a callback');
    return new CallbackSubscription(this.#bus, subject, options.queue, callback);
  }

  async request(subject: string, payload: Payload = '', options?: ClientRequestOptions): Promise<Msg> {
    const { timeout = 1000 } = options ?? {};
    try {
      const { headers } = publishOptions(options);
      return new ClientMessage(await this.#bus.request(subject, payload, { timeoutMs: timeout, headers }), this.#bus);
    } catch (error) {
      // These two the packages know by the client's own errors; all others they pass on.
      if (isHeddleError(error) && error.code === 'timeout') throw new TimeoutError({ cause: error });
      if (isHeddleError(error) && error.code === 'nobody_listens') {
        throw new RequestError(error.message, { cause: new NoRespondersError(subject, { cause: error }) });
      }
      throw error;
    }
  }

  requestMany(): Promise<AsyncIterable<Msg>> {
    return Promise.reject(notServed('requests with many answers'));
  }

  status(): AsyncIterable<Status> {
    const news = new QueuedIteratorImpl<Status>();
    const forget = this.#bus.onEvent((event) => {
      const status = statusOf(event);
      if (status !== undefined) news.push(status);
      if (event.kind === 'closed') news.stop();
    });
    void news.iterClosed.then(forget);
    return news;
  }

  addCloseListener(listener: CloseListener): void {
    this.#closeListeners.add(listener);
  }

  removeCloseListener(listener: CloseListener): void {
    this.#closeListeners.delete(listener);
  }

  closed(): Promise<undefined | Error> {
    return this.#bus.closed;
  }

  isClosed(): boolean {
    return this.#closed;
  }

  isDraining(): boolean {
    return false;
  }

  getServer(): string {
    return this.#bus.url;
  }

  flush(): Promise<void> {
    return this.#bus.flush();
  }

  rtt(): Promise<number> {
    return this.#bus.rtt();
  }

  drain(): Promise<void> {
    return this.#bus.drain();
  }

  close(): Promise<void> {
    return this.#bus.close();
  }

  stats(): Stats {
    throw notServed('statistics');
  }

  reconnect(): Promise<void> {
    return Promise.reject(notServed('a reconnect on demand'));
  }
}

function statusOf(event: BusEvent): Status | undefined {
  if (event.kind === 'disconnected') return { type: 'disconnect', server: event.server };
  if (event.kind === 'reconnected') return { type: 'reconnect', server: event.server };
  return undefined;
}

/** A server that calls itself something else is taken for one that can do nothing new. */
function semVerOf(version: string): SemVer {
  return /^\d+\.\d+\.\d+/.test(version) ? parseSemVer(version) : { major: 0, minor: 0, micro: 0 };
}

function notServed(what: string): HeddleError {
  return new HeddleError('internal', `${what} are not served by this connection`);
}
