import { isHeddleError } from '../../errors.ts';
import { openStream } from '../../store/open.ts';
import type { Kept, Reading, Stream } from '../../store/stream.ts';
import type { Clock } from '../../time/clock.ts';
import { sleep } from '../../time/wait.ts';
import type { Transport } from '../../transport/transport.ts';
import { addressToken } from '../requests/record.ts';
import { orStoreProblem } from '../store-problem.ts';
import { concerns, type Interest, type Notice, type Told } from './frame.ts';
import type { FrameLog, LogListener } from './frame-log.ts';

export interface StreamLogOptions {
  readonly name: string;
  readonly keepMs: number;
  readonly replicas: number;
  readonly clock: Clock;
}

const MOST_BYTES = 128 * 1024 * 1024;
const MOST_FRAMES = 1_000_000;
const RETRY_MS = 1_000;
const EVENT = 'Heddle-Event';
/** In the place of a client, or of a request, where there is none. No token of an address is so short. */
const NONE = '_';

/** The log that all replicas share. Each follows it as a whole, from one consumer, and hands on what its own clients are told. */
export class StreamLog implements FrameLog {
  readonly kind = 'jetstream';
  readonly #stream: Stream;
  readonly #options: StreamLogOptions;
  /** Outside `heddle.`: whoever looks at the bus sees each answer once, and not again for those who are told of it. */
  readonly #prefix: string;
  readonly #listener: LogListener;
  readonly #over = new AbortController();
  #epoch = '';
  #last = 0;
  #reading: Reading | undefined;
  #renewing: Promise<void> | undefined;
  #following: Promise<void> = Promise.resolve();

  private constructor(stream: Stream, options: StreamLogOptions, listener: LogListener) {
    this.#stream = stream;
    this.#options = options;
    this.#prefix = `heddle-gateway.${options.name}.frames`;
    this.#listener = listener;
  }

  static async open(bus: Transport, options: StreamLogOptions, listener: LogListener): Promise<StreamLog> {
    const { name, replicas, clock } = options;
    const stream = await openStream({ home: 'jetstream', bus, clock, replicas }, `heddle-${name}-frames`);
    const log = new StreamLog(stream, options, listener);
    await log.#settle();
    log.#following = log.#follow();
    return log;
  }

  get epoch(): string {
    return this.#epoch;
  }

  get last(): number {
    return this.#last;
  }

  async append({ key, to, request, event, data }: Notice): Promise<void> {
    const client = to.client === undefined ? NONE : addressToken(to.client);
    const subject = `${this.#prefix}.${addressToken(to.owner)}.${client}.${request ?? NONE}`;
    try {
      const { seq, duplicate } = await this.#stream.append(data, { subject, id: key, headers: { [EVENT]: event } });
      if (!duplicate && seq < this.#last) await this.#renew();
    } catch (thrown) {
      if (isHeddleError(thrown) && thrown.code === 'no_match') await this.#renew();
      throw thrown;
    }
  }

  async reach(): Promise<{ from: number; to: number } | undefined> {
    const { first, last, madeAt } = await orStoreProblem(this.#stream.info());
    return epochOf(madeAt) === this.#epoch ? { from: first - 1, to: last } : undefined;
  }

  async *replay(interest: Interest, after: number, signal: AbortSignal): AsyncGenerator<Told | 'gap'> {
    const { owner, request } = interest;
    const subject = `${this.#prefix}.${owner}.*.${request ?? '*'}`;
    for await (const each of this.#stream.read({ from: { seq: after + 1 }, until: 'now', subject, signal })) {
      if (each.kind === 'gap') yield 'gap';
      else {
        const told = this.#toldOf(each);
        if (told !== undefined && concerns(interest, told)) yield told;
      }
    }
  }

  async close(): Promise<void> {
    this.#over.abort();
    await this.#following;
    await this.#stream.close();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      const epoch = this.#epoch;
      const reading = this.#stream.read({ from: { seq: this.#last + 1 }, signal, fleeting: true });
      this.#reading = reading;
      try {
        for await (const each of reading) {
          // Another stream has taken its place: what this reading tells is numbered anew, or never comes.
          if (epoch !== this.#epoch) break;
          if (each.kind === 'gap') {
            this.#last = each.to;
            this.#listener.broken('gap');
          } else {
            this.#last = each.seq;
            const told = this.#toldOf(each);
            if (told !== undefined) this.#listener.told(told);
          }
        }
      } catch {
        if (signal.aborted) return;
        await sleep(this.#options.clock, RETRY_MS, signal);
        await this.#renew().catch(() => {});
      } finally {
        await reading.close().catch(() => {});
      }
    }
  }

  /** Looks whether the stream is still the one that it was, and makes it where it is gone. */
  #renew(): Promise<void> {
    this.#renewing ??= this.#settle().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #settle(): Promise<void> {
    const { name, keepMs } = this.#options;
    const subjects = [`heddle-gateway.${name}.frames.*.*.*`];
    await this.#stream.ensure({ subjects, maxAgeMs: keepMs, maxBytes: MOST_BYTES, maxMessages: MOST_FRAMES });
    const { madeAt, last } = await this.#stream.info();
    const epoch = epochOf(madeAt);
    if (epoch === this.#epoch) return;
    const began = this.#epoch === '';
    this.#epoch = epoch;
    // Nothing of a stream that was made anew was told yet.
    this.#last = began ? last : 0;
    if (began) return;
    this.#listener.broken('restart');
    await this.#reading?.close();
  }

  /** undefined for what somebody else put there. */
  #toldOf({ seq, subject = '', data, headers }: Kept): Told | undefined {
    const [owner, client, request, ...rest] = subject.slice(this.#prefix.length + 1).split('.');
    const event = headers?.[EVENT];
    if (owner === undefined || client === undefined || request === undefined || rest.length > 0) return undefined;
    if (event === undefined) return undefined;
    return {
      offset: seq,
      owner,
      client: client === NONE ? undefined : client,
      request: request === NONE ? undefined : request,
      event,
      data,
    };
  }
}

/** A stream that was made anew was made at another time. */
function epochOf(madeAt = 0): string {
  return madeAt.toString(36);
}
