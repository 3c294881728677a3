import type { HeddleError } from '../../errors.ts';
import type { Clock } from '../../time/clock.ts';
import { Confirmations } from '../confirmations.ts';
import { connectionClosed, connectionLost, handlerFailed, tooLarge } from '../failures.ts';
import { refuseSubject, refuseSubscription } from '../guards.ts';
import { HeldMessages } from '../held-messages.ts';
import { News } from '../news.ts';
import { type Permit, permissionDenied } from '../permissions.ts';
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
import type { MemoryHub, MemoryPeer } from './hub.ts';
import { headerBytes, headersOf, nobodyListens } from './message.ts';
import { MemorySubscription } from './subscription.ts';

/** What a connection is made of. */
export interface MemoryPlan {
  readonly url: string;
  readonly info: Omit<ServerInfo, 'clientId'>;
  readonly permit: Permit | undefined;
  readonly reconnect: boolean;
  readonly inboxPrefix: string;
  readonly clock: Clock;
}

/** A bus within this process, with the promises of the one over a NATS server. */
export class MemoryTransport implements Transport, MemoryPeer {
  readonly url: string;
  readonly info: ServerInfo;
  readonly permit: Permit | undefined;
  readonly closed: Promise<HeddleError | undefined>;

  readonly #hub: MemoryHub;
  readonly #plan: MemoryPlan;
  readonly #confirmations = new Confirmations();
  readonly #held = new HeldMessages();
  readonly #news = new News();
  readonly #subscriptions = new Set<MemorySubscription>();
  /** Those who wait for the hub's word. */
  readonly #waiting = new Set<(error: HeddleError) => void>();
  #finish: (reason: HeddleError | undefined) => void = () => {};
  #requests: Requests | undefined;
  #state: 'open' | 'away' | 'closed' = 'open';
  /** Work for the hub from before the connection was lost is lost with it. */
  #generation = 0;
  #sent = 0;
  #inboxes = 0;
  #reason: HeddleError | undefined;
  #draining: Promise<void> | undefined;

  constructor(hub: MemoryHub, plan: MemoryPlan) {
    this.#hub = hub;
    this.#plan = plan;
    this.url = plan.url;
    this.permit = plan.permit;
    this.info = { ...plan.info, clientId: hub.join(this) };
    this.closed = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  publish(subject: string, data: Uint8Array | string, options: PublishOptions = {}): void {
    refuseSubject(subject);
    if (options.reply !== undefined) refuseSubject(options.reply);
    if (this.#state === 'closed') throw this.#closedError();
    const headers = headersOf(options.headers);
    const size = Buffer.byteLength(data) + headerBytes(headers);
    if (size > this.info.maxPayload) throw tooLarge(this, subject, size, 'maxPayload of the in-memory bus');
    if (this.#state === 'away') {
      this.#held.add(subject, data, options);
      return;
    }
    // A copy, because the caller may use its buffer again at once.
    const post = { subject, data: new Uint8Array(Buffer.from(data)), reply: options.reply || undefined, headers };
    this.#sent += 1;
    this.#ask(() => {
      if (this.permit?.mayPublish(subject) === false) this.#refused('publish', subject);
      else if (!this.#hub.deliver(post) && post.reply !== undefined) this.#tellNobodyListens(post.reply);
    });
  }

  subscribe(pattern: string, handler: (message: Message) => void, options: SubscribeOptions = {}): Subscription {
    refuseSubscription(pattern, options);
    const { queue, max } = options;
    if (this.#state === 'closed' || this.#draining !== undefined) throw this.#closedError();
    const owner = {
      hub: this.#hub,
      closed: this.closed,
      failed: (error: unknown) => this.#news.tell({ kind: 'error', error: handlerFailed(pattern, error) }),
      forget: (ended: MemorySubscription) => void this.#subscriptions.delete(ended),
    };
    const subscription = new MemorySubscription(owner, pattern, handler, { queue, max });
    this.#subscriptions.add(subscription);
    if (this.#state === 'open') this.#ask(() => this.#register(subscription));
    return subscription;
  }

  async request(subject: string, data: Uint8Array | string, options: RequestOptions): Promise<Message> {
    return this.#asking().one(subject, data, options);
  }

  requestMany(subject: string, data: Uint8Array | string, options: RequestManyOptions): AsyncIterable<Message> {
    return this.#asking().many(subject, data, options);
  }

  #asking(): Requests {
    this.#requests ??= new Requests(this, this.#plan.clock);
    return this.#requests;
  }

  async flush(): Promise<void> {
    const uncertain = this.#confirmations.takeUncertain();
    if (this.#state === 'closed' && uncertain === 0) throw this.#closedError();
    if (this.#state !== 'open' || uncertain > 0) throw this.#lostError(uncertain + this.#held.count);
    const confirm = this.#confirmations.begin(this.#sent);
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
    if (this.#state === 'closed') throw this.#closedError();
    if (this.#state === 'away') throw this.#lostError(0);
    const { clock } = this.#plan;
    const start = clock.elapsed();
    await this.#ping();
    return clock.elapsed() - start;
  }

  inbox(): string {
    this.#inboxes += 1;
    return `${this.#plan.inboxPrefix}.${this.info.clientId}.${this.#inboxes}`;
  }

  onEvent(listener: (event: BusEvent) => void): () => void {
    return this.#news.on(listener);
  }

  drain(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  async close(): Promise<void> {
    this.#end(undefined);
    await this.closed;
  }

  // What the hub tells.

  lost(reason: string): void {
    if (this.#state !== 'open') return;
    this.#generation += 1;
    this.#confirmations.dropped(this.#sent);
    for (const subscription of this.#subscriptions) this.#hub.unsubscribe(subscription);
    this.#state = 'away';
    const error = this.#lostError(0);
    for (const reject of this.#waiting) reject(error);
    this.#waiting.clear();
    this.#news.tell({ kind: 'disconnected', server: this.url, reason });
    if (!this.#plan.reconnect) this.#end(error);
    else this.#news.tell({ kind: 'reconnecting', server: this.url });
  }

  found(): void {
    // Later, as news from a server always is.
    this.#hub.post(() => {
      if (this.#state !== 'away' || !this.#hub.open) return;
      this.#state = 'open';
      for (const subscription of this.#subscriptions) this.#register(subscription);
      for (const { subject, data, options } of this.#held.take()) this.publish(subject, data, options);
      this.#news.tell({ kind: 'reconnected', server: this.url });
    });
  }

  leaving(): void {
    this.#ask(() => this.#news.tell({ kind: 'lame_duck', server: this.url }));
  }

  async #drain(): Promise<void> {
    let problem: unknown;
    try {
      await Promise.all([...this.#subscriptions].map((subscription) => subscription.drain()));
      const held = this.#held.count;
      if (this.#state === 'open') await this.flush();
      else if (held > 0) problem = this.#lostError(held);
    } catch (error) {
      problem = error;
    }
    await this.close();
    if (problem !== undefined) throw problem;
  }

  /** Work for the hub, unless the connection is lost before it gets there. */
  #ask(work: () => void): void {
    const generation = this.#generation;
    this.#hub.post(() => {
      if (generation === this.#generation) work();
    });
  }

  #ping(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      this.#ask(() => {
        this.#waiting.delete(reject);
        resolve();
      });
    });
  }

  #register(subscription: MemorySubscription): void {
    if (!this.#subscriptions.has(subscription)) return;
    const { pattern, queue } = subscription;
    if (this.permit?.maySubscribe(pattern, queue) === false) {
      subscription.end(this.#refused('subscribe', pattern));
      return;
    }
    subscription.blind = this.permit?.blinds(pattern);
    this.#hub.subscribe(subscription);
  }

  #refused(operation: 'publish' | 'subscribe', subject: string): HeddleError {
    const error = permissionDenied(operation, subject, this.url, this.#plan.inboxPrefix);
    this.#confirmations.refused(error);
    this.#news.tell({ kind: 'permission', operation, subject, error });
    return error;
  }

  /** Only who asked is told, in the one of its subscriptions that waits for the answer. */
  #tellNobodyListens(reply: string): void {
    const message = nobodyListens(reply);
    for (const subscription of this.#subscriptions) {
      if (!subscription.hears(reply)) continue;
      subscription.take(message);
      return;
    }
  }

  #end(reason: HeddleError | undefined): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#generation += 1;
    this.#reason = reason;
    this.#hub.leave(this);
    const error = this.#closedError();
    for (const reject of this.#waiting) reject(error);
    this.#waiting.clear();
    for (const subscription of [...this.#subscriptions]) subscription.end(this.closed);
    this.#finish(reason);
    this.#news.tell({ kind: 'closed', error: reason });
  }

  #closedError(): HeddleError {
    return this.#reason ?? connectionClosed(this.url);
  }

  #lostError(uncertain: number): HeddleError {
    return connectionLost(this.url, uncertain);
  }
}
