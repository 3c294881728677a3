import type { HeddleError } from '../errors.ts';
import type { Capabilities } from './capabilities.ts';

/**
 * The one way everything above talks to a bus. Three homes keep its promises: the NATS client (nats.ts), the in-memory
 * bus (memory.ts), and the NATS client against src/broker. test/transport/promises.ts is the list of promises.
 */
export interface Transport {
  /** Where we are connected, without secrets. Changes when a reconnect lands on another server. */
  readonly url: string;
  /** What the server said of itself when we connected. */
  readonly info: ServerInfo;
  /**
   * Queues one message. Throws at once for what can be known at once (closed connection, invalid subject, payload over
   * `info.maxPayload`); what only the server knows (permission) is an error of the next `flush`.
   * Synchronous because a promise a message costs more than the message.
   * `data` is sent at the end of the current turn and not copied before: do not write to it in between.
   */
  publish(subject: string, data: Uint8Array | string, options?: PublishOptions): void;
  /**
   * Hands every message that matches to `handler`, in order. A refusal by the server shows in the next `flush`, in
   * `Subscription.closed` and as a `permission` event. A handler that throws ends nothing: the error is an `error` event.
   */
  subscribe(pattern: string, handler: (message: Message) => void, options?: SubscribeOptions): Subscription;
  /**
   * The data of a message, once: nobody needs it any more, neither whoever took the message nor anybody to whom it was handed. Its
   * memory may be that of another message in a moment. Whoever does not say so keeps what came for as long as it likes.
   */
  giveBack?(data: Uint8Array): void;
  /** One answer, or `nobody_listens` at once when the server says so, or `timeout`. */
  request(subject: string, data: Uint8Array | string, options: RequestOptions): Promise<Message>;
  /** Every answer until `stallMs` pass without one, `max` came, or `timeoutMs` ended. No listener at all is an empty iteration. */
  requestMany(subject: string, data: Uint8Array | string, options: RequestManyOptions): AsyncIterable<Message>;
  /**
   * Resolves when the server has taken everything published and subscribed so far. Rejects with `permission_denied` when
   * it refused any of it since the last flush, and with `connection_lost` when the connection dropped before it
   * confirmed: what was published since the last successful flush may or may not have arrived.
   */
  flush(): Promise<void>;
  /** One ping and its pong, in milliseconds. */
  rtt(): Promise<number>;
  /** A new subject nobody else listens on, under the inbox prefix. */
  inbox(): string;
  /** Connection news. Returns the undo. A listener never stops the bus by throwing. */
  onEvent(listener: (event: BusEvent) => void): () => void;
  /** Unsubscribes, lets handlers see what already arrived, sends what is queued, closes. */
  drain(): Promise<void>;
  /** Closes at once; idempotent. */
  close(): Promise<void>;
  /** Settles when the connection is gone for good; with the reason when nobody asked for it. */
  readonly closed: Promise<HeddleError | undefined>;
}

/** Structurally what the client delivers, so that a message is never copied on its way to a handler. */
export interface Message {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly reply?: string | undefined;
  readonly headers?: HeaderView | undefined;
}

/** The headers of a message, as a receiver sees them. */
export interface HeaderView {
  /** Inline status such as 503 (no responders); 0 when there is none. */
  readonly code: number;
  get(name: string): string;
  has(name: string): boolean;
  keys(): string[];
  values(name: string): string[];
}

/** What may go with a message. */
export interface PublishOptions {
  reply?: string | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
}

/** How messages are shared, and when there were enough. */
export interface SubscribeOptions {
  queue?: string | undefined;
  /** Ends the subscription after this many messages. */
  max?: number | undefined;
}

/** How long an answer is waited for. */
export interface RequestOptions {
  timeoutMs: number;
  headers?: Readonly<Record<string, string>> | undefined;
  signal?: AbortSignal | undefined;
}

/** When there were answers enough: none for `stallMs`, or `max` of them. */
export interface RequestManyOptions extends RequestOptions {
  stallMs?: number | undefined;
  max?: number | undefined;
}

/** One pattern that is listened on, until it is ended. */
export interface Subscription {
  readonly pattern: string;
  readonly queue: string | undefined;
  /** Messages handed to the handler so far. */
  readonly received: number;
  unsubscribe(): void;
  /** Stops new messages, and resolves when those already here went through the handler. */
  drain(): Promise<void>;
  /** Settles when it ended; with the reason when the server refused it or the connection is gone for good. */
  readonly closed: Promise<HeddleError | undefined>;
}

/** What the server says of itself and of this connection. */
export interface ServerInfo {
  readonly serverId: string;
  readonly serverName: string;
  readonly version: string;
  readonly maxPayload: number;
  readonly headers: boolean;
  /** JetStream runs in this very server. */
  readonly jetstream: boolean;
  readonly authRequired: boolean;
  readonly tlsRequired: boolean;
  /** Is this connection encrypted. */
  readonly encrypted: boolean;
  readonly cluster: string | undefined;
  readonly clientId: number | undefined;
  readonly clientIp: string | undefined;
  /** What can be asked of it. */
  readonly can: Capabilities;
}

/** News of a connection. */
export type BusEvent =
  | { readonly kind: 'disconnected'; readonly server: string; readonly reason?: string | undefined }
  /** An attempt begins; `reason` says why the one before failed. */
  | { readonly kind: 'reconnecting'; readonly server: string; readonly reason?: string | undefined }
  /** Back, and the server has taken all subscriptions again. */
  | { readonly kind: 'reconnected'; readonly server: string }
  /** The server stopped answering pings: the path is dead though the socket is not. */
  | { readonly kind: 'stale'; readonly server: string }
  /**
   * Messages pile up before a handler; `pending` of them when it was noticed. When it was the server that noticed, it
   * cuts the whole connection and names neither: `pattern` is empty and `pending` is 0.
   */
  | { readonly kind: 'slow_consumer'; readonly pattern: string; readonly pending: number }
  | {
      readonly kind: 'permission';
      readonly operation: 'publish' | 'subscribe';
      readonly subject: string;
      readonly error: HeddleError;
    }
  /** The server is about to leave; a reconnect follows. */
  | { readonly kind: 'lame_duck'; readonly server: string }
  | { readonly kind: 'error'; readonly error: HeddleError }
  | { readonly kind: 'closed'; readonly error?: HeddleError | undefined };
