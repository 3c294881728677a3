import { isHeddleError } from '../../errors.ts';
import type { Clock } from '../../time/clock.ts';
import { refusePattern } from '../../transport/guards.ts';
import { headers } from '../../transport/nats/client.ts';
import { isClosed } from '../failure.ts';
import { checkAppend, checkLimits } from '../guards.ts';
import { headersOf } from '../kept.ts';
import { differencesOf } from '../limits.ts';
import type {
  Appended,
  AppendOptions,
  Ensured,
  PurgeChoice,
  Reading,
  ReadOptions,
  Stream,
  StreamInfo,
  StreamLimits,
} from '../stream.ts';
import { type Keeping, keepingOf, mannersOf, OUR_MANNERS, streamChange, streamConfig, streamLimits } from './config.ts';
import { apiCodeOf, CODE, inWords, isNoSuchMessage, isNotEnabled, writeInWords } from './failure.ts';
import { patiently } from './patience.ts';
import { JetStreamReading } from './reading.ts';
import type { Server } from './server.ts';
import { appearingStream, destroyStream, findStream, standingStream } from './state.ts';

const CONFIRM_MS = 5000;
const REMOVED_AT_ONCE = 100;

/** A stream in JetStream: it captures its subjects, whether we run or not. */
export class JetStreamStream implements Stream {
  readonly name: string;
  readonly #server: Server;
  readonly #keeping: Keeping;
  readonly #clock: Clock;
  readonly #over = new AbortController();
  /** The subjects it takes, once somebody appended without saying which. */
  #subjects: readonly string[] | undefined;

  constructor(name: string, server: Server, keeping: Keeping, clock: Clock) {
    this.name = name;
    this.#server = server;
    this.#keeping = keeping;
    this.#clock = clock;
  }

  async ensure(limits: StreamLimits, { change = false } = {}): Promise<Ensured> {
    checkLimits(limits);
    this.#refuseClosed();
    const { manager } = this.#server;
    this.#subjects = undefined;
    let found = await findStream(this.#server, this.name);
    if (found === undefined) {
      try {
        await patiently(this.#server, () => manager.streams.add(streamConfig(this.name, limits, this.#keeping)));
        return { made: true, differences: [], changed: false };
      } catch (error) {
        // Somebody else made it meanwhile.
        if (apiCodeOf(error) !== CODE.streamNameInUse) throw this.#inWords(error, 'STREAM.CREATE');
        found = await appearingStream(this.#server, this.name);
      }
    }
    const { config } = found;
    const is = streamLimits(config);
    const differences = differencesOf(
      { ...is, ...keepingOf(config), ...mannersOf(config) },
      { ...limits, ...this.#keeping, ...OUR_MANNERS },
    );
    const changed = change && differences.length > 0;
    if (changed) {
      try {
        await manager.streams.update(this.name, streamChange(limits, this.#keeping, is));
      } catch (error) {
        throw this.#inWords(error, 'STREAM.UPDATE');
      }
    }
    return { made: false, differences, changed };
  }

  async append(data: Uint8Array | string, options: AppendOptions = {}): Promise<Appended> {
    this.#refuseClosed();
    const { client, bus } = this.#server;
    const { subject: given, id, timeoutMs = CONFIRM_MS } = options;
    if (given === undefined) this.#subjects ??= (await standingStream(this.#server, this.name)).config.subjects;
    // Which subjects it takes now is decided where it stands.
    const subject = checkAppend(options, given === undefined ? this.#subjects : undefined) ?? this.name;
    const wire = headers();
    for (const [name, value] of Object.entries(headersOf(options.headers) ?? {})) wire.append(name, value);
    try {
      const { seq, duplicate } = await client.publish(subject, data, {
        ...(id !== undefined && { msgID: id }),
        headers: wire,
        expect: { streamName: this.name },
        timeout: timeoutMs,
      });
      return { seq, duplicate };
    } catch (error) {
      // Nobody took it: there may be no JetStream, or no such stream, or it takes other subjects.
      if (isNotEnabled(error) || apiCodeOf(error) === CODE.otherStream) {
        checkAppend({ subject }, (await standingStream(this.#server, this.name)).config.subjects);
      }
      throw writeInWords(error, bus, {
        what: `a message for the stream ${JSON.stringify(this.name)}`,
        bytes: Buffer.byteLength(data),
        unsure: 'Appended again with the same id, a message is kept once.',
      });
    }
  }

  read(options: ReadOptions = {}): Reading {
    this.#refuseClosed();
    const { signal } = options;
    const over = this.#over.signal;
    const until = signal === undefined ? over : AbortSignal.any([signal, over]);
    return new JetStreamReading(this.#server, this.name, { ...options, signal: until }, this.#clock);
  }

  async info(): Promise<StreamInfo> {
    this.#refuseClosed();
    const { config, state, created } = await standingStream(this.#server, this.name);
    return {
      name: this.name,
      madeAt: Date.parse(created),
      limits: streamLimits(config),
      // Before its first message a server says 0, later one more than the last.
      first: Math.max(1, state.first_seq),
      last: state.last_seq,
      firstAt: state.messages === 0 ? undefined : Date.parse(state.first_ts),
      messages: state.messages,
      bytes: state.bytes,
      evicted: state.last_seq - state.messages,
    };
  }

  async purge({ subject, before }: PurgeChoice = {}): Promise<number> {
    this.#refuseClosed();
    if (subject !== undefined) refusePattern(subject);
    // To the server 0 is no limit.
    if (before !== undefined && before <= 1) return 0;
    try {
      const filter = subject === undefined ? undefined : { filter: subject };
      const choice = before === undefined ? filter : { ...filter, seq: before };
      return (await this.#server.manager.streams.purge(this.name, choice)).purged;
    } catch (error) {
      if (apiCodeOf(error) === CODE.streamNotFound) await standingStream(this.#server, this.name);
      throw this.#inWords(error, 'STREAM.PURGE');
    }
  }

  async remove(seqs: readonly number[]): Promise<number> {
    this.#refuseClosed();
    const { streams } = this.#server.manager;
    let removed = 0;
    for (let from = 0; from < seqs.length; from += REMOVED_AT_ONCE) {
      const some = seqs.slice(from, from + REMOVED_AT_ONCE);
      const done = await Promise.all(
        some.map((seq) =>
          streams.deleteMessage(this.name, seq).catch(async (error: unknown) => {
            if (isNoSuchMessage(error)) return false;
            if (apiCodeOf(error) === CODE.streamNotFound) await standingStream(this.#server, this.name);
            throw this.#inWords(error, 'STREAM.MSG.DELETE');
          }),
        ),
      );
      removed += done.filter(Boolean).length;
    }
    return removed;
  }

  async destroy(): Promise<void> {
    this.#refuseClosed();
    this.#subjects = undefined;
    await destroyStream(this.#server, this.name);
  }

  async close(): Promise<void> {
    this.#over.abort();
  }

  #inWords(error: unknown, verb: string): Error {
    return isHeddleError(error) ? error : inWords(error, this.#server.bus, `$JS.API.${verb}.${this.name}`);
  }

  #refuseClosed(): void {
    if (this.#over.signal.aborted) throw isClosed('stream', this.name);
  }
}
