import {
  AckPolicy,
  type Consumer,
  type ConsumerConfig,
  type ConsumerInfo,
  DeliverPolicy,
  type JsMsg,
} from '@nats-io/jetstream';
import { wireTime } from '../../contract/wire-time.ts';
import { HeddleError } from '../../errors.ts';
import type { Clock } from '../../time/clock.ts';
import { sleep } from '../../time/wait.ts';
import { notThere } from '../failure.ts';
import { apiCodeOf, CODE, inWords, isTimeout, mayPass } from './failure.ts';
import { LinkWatch } from './link.ts';
import { patiently } from './patience.ts';
import type { Server } from './server.ts';

/** From where a consumer reads. `latest`: the latest message of each subject. */
export type Start = { readonly seq: number } | { readonly time: number } | 'latest';

export interface PullOptions {
  readonly stream: string;
  readonly subject?: string | undefined;
  readonly headersOnly?: boolean | undefined;
  /** Ends when nothing more is there; else waits for more. */
  readonly untilNow: boolean;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Messages that are at hand, in order: handing on each by itself would cost as much as reading it. */
export interface Pulled {
  readonly messages: readonly JsMsg[];
  /** They begin what came for a request: what the stream evicted before our eyes, it evicted before the first of them. */
  readonly first: boolean;
}

interface Current {
  readonly consumer: Consumer;
  /** The number that its next message bears. */
  next: number;
}

/** Consumers that we forget in a crash remove themselves. */
const FORGOTTEN_NS = 60_000_000_000;
/** A server that has something and sends nothing. */
const SILENT_MS = 5000;
/** How long a request for messages stands at the server when there are none. */
const STANDING_MS = 30_000;
const HEARTBEAT_MS = 5000;
/** When the connection is back, a server may need a while before its streams are. */
const RESUME_MS = 30_000;
const PAUSES_MS = [20, 50, 100, 250, 500, 1000];
/** Consumers in a row that ended without giving anything. */
const MOST_FAILURES = 5;
const BATCH_BYTES = 8 * 1024 * 1024;
const BATCH_MESSAGES = 500;
const HANDED_ON = 100;

/**
 * Messages of a stream in order and without loss: whatever goes wrong with a consumer (the connection dropped, the server
 * began anew, a message was lost on its way), another one begins behind the last message that was told.
 */
export class Pull {
  readonly #server: Server;
  readonly #options: PullOptions;
  readonly #link: LinkWatch;
  #position: Start;
  #current: Current | undefined;
  #stopFetching: () => void = () => {};
  #averageBytes = 0;
  #closing: Promise<void> | undefined;

  constructor(server: Server, options: PullOptions, start: Start) {
    this.#server = server;
    this.#options = options;
    this.#position = start;
    this.#link = new LinkWatch(server.bus, options.clock, () => {
      this.#current = undefined;
      this.#stopFetching();
    });
    // Also when whoever reads never comes back to hear that it is over.
    options.signal.addEventListener('abort', this.#leave, { once: true });
  }

  /** Makes the first consumer: behind which sequence it begins, and how many messages it has for us. */
  async open(): Promise<{ readonly behind: number; readonly pending: number }> {
    try {
      const { clock, signal } = this.#options;
      const { bus } = this.#server;
      const { delivered, num_pending: pending } = await patiently({ bus, clock, signal }, () => this.#create());
      return { behind: delivered.stream_seq, pending };
    } catch (error) {
      throw this.#inWords(error);
    }
  }

  /** `pending`: what `open` said. */
  async *messages(pending: number): AsyncGenerator<Pulled> {
    const { signal, untilNow } = this.#options;
    let left = pending;
    let failures = 0;
    while (!signal.aborted && !(untilNow && left <= 0)) {
      const current = this.#current ?? (await this.#resume());
      if (current === undefined) return;
      const most = untilNow ? Math.min(left, this.#batch()) : this.#batch();
      const fetched = await this.#fetch(current.consumer, most);
      let got = 0;
      let ready: JsMsg[] = [];
      let problem: unknown;
      try {
        for await (const message of fetched) {
          const { streamSequence, deliverySequence, pending: behind } = message.info;
          if (deliverySequence !== current.next) {
            // One was lost on its way to us.
            this.#current = undefined;
            break;
          }
          current.next += 1;
          got += 1;
          left = behind;
          this.#position = { seq: streamSequence + 1 };
          this.#averageBytes += (message.data.length - this.#averageBytes) / 16;
          ready.push(message);
          if (ready.length < HANDED_ON && fetched.getPending() > 0) continue;
          yield { messages: ready, first: ready.length === got };
          ready = [];
          if (signal.aborted) return;
        }
      } catch (error) {
        problem = error;
      } finally {
        this.#stopFetching = () => {};
      }
      if (ready.length > 0) yield { messages: ready, first: ready.length === got };
      if (got > 0) failures = 0;
      // Its heartbeats are missed also when all had come, and we were slow to take them.
      if (problem !== undefined && got < most) {
        this.#current = undefined;
        failures += 1;
        if (untilNow && got === 0 && this.#link.isThere && isHeartbeat(problem)) throw this.#silent();
        if (failures > MOST_FAILURES) throw this.#inWords(problem);
        await this.#pause(failures);
      } else if (untilNow && got === 0 && this.#current !== undefined && !signal.aborted) {
        left = await this.#left(current.consumer);
        if (left > 0) throw this.#silent();
      }
    }
  }

  readonly #leave = (): void => void this.close();

  /** Removes the consumer from the server. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#options.signal.removeEventListener('abort', this.#leave);
    this.#stopFetching();
    this.#link.close();
    const current = this.#current;
    this.#current = undefined;
    // It would remove itself; this only tidies up.
    if (this.#link.isThere) await current?.consumer.delete().catch(() => {});
  }

  async #fetch(consumer: Consumer, most: number): Promise<Awaited<ReturnType<Consumer['fetch']>>> {
    const { untilNow, signal } = this.#options;
    const expires = untilNow ? SILENT_MS : STANDING_MS;
    const fetched = await consumer.fetch({
      max_messages: most,
      expires,
      idle_heartbeat: Math.min(HEARTBEAT_MS, expires / 2),
    });
    this.#stopFetching = () => fetched.stop();
    if (signal.aborted || !this.#link.isThere) fetched.stop();
    return fetched;
  }

  #batch(): number {
    const fits = Math.floor(BATCH_BYTES / Math.max(1, this.#averageBytes));
    return Math.max(1, Math.min(BATCH_MESSAGES, fits));
  }

  /** Another consumer in the place of the one before; undefined when nobody wants it any more. */
  async #resume(): Promise<Current | undefined> {
    const { signal, untilNow, clock } = this.#options;
    let triedSince: number | undefined;
    for (let tries = 0; ; tries += 1) {
      if (!this.#link.isThere) triedSince = undefined;
      await this.#link.back(signal, untilNow ? RESUME_MS : Number.POSITIVE_INFINITY);
      if (signal.aborted) return undefined;
      triedSince ??= clock.now();
      try {
        await this.#create();
        if (this.#current !== undefined) return this.#current;
      } catch (error) {
        // Who follows has time; who only wants what is there does not wait for a server that hangs.
        if (untilNow && isTimeout(error) && this.#link.isThere) throw this.#silent();
        if (!mayPass(error) || clock.now() - triedSince > RESUME_MS) throw this.#inWords(error);
      }
      await this.#pause(tries);
    }
  }

  async #create(): Promise<ConsumerInfo> {
    const { manager, client } = this.#server;
    const info = await manager.consumers.add(this.#options.stream, this.#config());
    // When the connection dropped meanwhile it is of no use.
    if (this.#link.isThere) this.#current = { consumer: client.consumers.getConsumerFromInfo(info), next: 1 };
    return info;
  }

  #config(): Partial<ConsumerConfig> {
    const { subject, headersOnly } = this.#options;
    const start = this.#position;
    const from: Partial<ConsumerConfig> =
      start === 'latest'
        ? { deliver_policy: DeliverPolicy.LastPerSubject }
        : 'seq' in start
          ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: start.seq }
          : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: wireTime(start.time) };
    return {
      ...from,
      ack_policy: AckPolicy.None,
      inactive_threshold: FORGOTTEN_NS,
      mem_storage: true,
      num_replicas: 1,
      ...(subject !== undefined && { filter_subject: subject }),
      ...(headersOnly && { headers_only: true }),
    };
  }

  /** What a consumer still has for us, after it sent nothing. */
  async #left(consumer: Consumer): Promise<number> {
    try {
      return (await consumer.info()).num_pending;
    } catch (error) {
      if (apiCodeOf(error) === CODE.consumerNotFound) {
        this.#current = undefined;
        const { num_pending: pending } = await this.#create();
        return pending;
      }
      throw isTimeout(error) ? this.#silent() : this.#inWords(error);
    }
  }

  #pause(tries: number): Promise<void> {
    const { clock, signal } = this.#options;
    return sleep(clock, PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)] ?? 0, signal);
  }

  #inWords(error: unknown): HeddleError {
    if (apiCodeOf(error) === CODE.streamNotFound) return notThere('stream', this.#options.stream, this.#server.bus.url);
    return inWords(error, this.#server.bus, `$JS.API.CONSUMER.CREATE.${this.#options.stream}`);
  }

  #silent(): HeddleError {
    const stream = JSON.stringify(this.#options.stream);
    return new HeddleError('timeout', `the stream ${stream} sent nothing for ${SILENT_MS / 1000} s`);
  }
}

function isHeartbeat(error: unknown): boolean {
  return error instanceof Error && error.message === 'heartbeats missed';
}
