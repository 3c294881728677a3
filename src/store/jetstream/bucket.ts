import type { StreamInfo } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { isHeddleError } from '../../errors.ts';
import type { Clock } from '../../time/clock.ts';
import type { Bucket, BucketChange, BucketEntry, BucketLimits, WatchOptions } from '../bucket.ts';
import { isClosed, notThere } from '../failure.ts';
import { checkLimits, refuseKey, refuseKeyPattern } from '../guards.ts';
import { differencesOf } from '../limits.ts';
import type { Ensured } from '../stream.ts';
import { bucketChanges, isDeleted } from './bucket-changes.ts';
import { bucketChange, bucketLimits, type Exactness, type Keeping, keepingOf } from './config.ts';
import { apiCodeOf, CODE, inWords, isNotEnabled, isWrongRevision, writeInWords } from './failure.ts';
import { LeaderCopy } from './leader-copy.ts';
import { patiently } from './patience.ts';
import { Pull } from './pull.ts';
import type { Server } from './server.ts';
import { appearingStream, destroyStream, findStream } from './state.ts';
import { isNobodyThere, type Writing, write } from './write.ts';

/** A bucket is a stream of this name whose subjects are its keys. */
const STREAM = 'KV_';
const SUBJECT = '$KV';

/** A bucket in the key-value store of JetStream. In a cluster a `get` may be a moment behind unless it is exact; a write never is. */
export class JetStreamBucket implements Bucket {
  readonly name: string;
  readonly #server: Server;
  readonly #keeping: Keeping;
  readonly #exact: boolean;
  readonly #clock: Clock;
  readonly #over = new AbortController();
  #opened: Promise<KV> | undefined;

  constructor(name: string, server: Server, { exact = false, ...keeping }: Keeping & Exactness, clock: Clock) {
    this.name = name;
    this.#server = server;
    this.#keeping = keeping;
    this.#exact = exact;
    this.#clock = clock;
  }

  async ensure(limits: BucketLimits, { change = false } = {}): Promise<Ensured> {
    checkLimits(limits);
    this.#refuseClosed();
    const { manager, client } = this.#server;
    const { storage, replicas } = this.#keeping;
    const { ttlMs, maxValueBytes, maxBytes } = limits;
    let found = await findStream(this.#server, this.#stream);
    if (found === undefined) {
      try {
        await patiently(this.#server, () =>
          new Kvm(client).create(this.name, {
            ...(ttlMs && { ttl: ttlMs }),
            ...(maxValueBytes && { maxValueSize: maxValueBytes }),
            ...(maxBytes && { max_bytes: maxBytes }),
            ...(replicas && { replicas }),
            ...(storage && { storage }),
          }),
        );
        return { made: true, differences: [], changed: false };
      } catch (error) {
        // Somebody else made it meanwhile.
        if (apiCodeOf(error) !== CODE.streamNameInUse) throw this.#inWords(error, 'STREAM.CREATE');
        found = await appearingStream(this.#server, this.#stream);
      }
    }
    const { config } = found;
    const is = { ...bucketLimits(config), ...keepingOf(config) };
    const differences = differencesOf(is, { ...limits, ...this.#keeping });
    const changed = change && differences.length > 0;
    if (changed) {
      try {
        await manager.streams.update(this.#stream, bucketChange(limits, this.#keeping));
      } catch (error) {
        throw this.#inWords(error, 'STREAM.UPDATE');
      }
    }
    return { made: false, differences, changed };
  }

  async get(key: string): Promise<BucketEntry | undefined> {
    refuseKey(key);
    const kv = await this.#kv();
    try {
      const entry = await kv.get(key);
      if (entry === null || entry.operation !== 'PUT') return undefined;
      return { key, value: entry.value, revision: entry.revision, at: entry.created.getTime() };
    } catch (error) {
      throw await this.#readInWords(error);
    }
  }

  async create(key: string, value: Uint8Array | string): Promise<number | 'exists'> {
    refuseKey(key);
    // Refused also where the key was deleted: what is to be expected then, the package finds out.
    const again = (error: unknown): boolean => isNobodyThere(error) || isWrongRevision(error);
    return (
      (await this.#write(key, value, { expected: 0, again, byPackage: (kv) => kv.create(key, value) })) ?? 'exists'
    );
  }

  async update(key: string, value: Uint8Array | string, revision: number): Promise<number | 'changed'> {
    refuseKey(key);
    // No value ever has such a revision, and the package would not send it.
    if (!(Number.isSafeInteger(revision) && revision > 0)) return 'changed';
    const byPackage = (kv: KV) => kv.update(key, value, revision);
    return (await this.#write(key, value, { expected: revision, again: isNobodyThere, byPackage })) ?? 'changed';
  }

  async put(key: string, value: Uint8Array | string): Promise<number> {
    refuseKey(key);
    return (await this.#write(key, value, { again: isNobodyThere, byPackage: (kv) => kv.put(key, value) })) ?? 0;
  }

  async delete(key: string, { revision }: { revision?: number | undefined } = {}): Promise<'deleted' | 'changed'> {
    refuseKey(key);
    const options = revision === undefined ? {} : { previousSeq: revision };
    const done = await this.#inWordsOf(key, '', async () => {
      await (await this.#kv()).delete(key, options);
      return 1;
    });
    return done === undefined ? 'changed' : 'deleted';
  }

  async keys(pattern = '>'): Promise<readonly string[]> {
    refuseKeyPattern(pattern);
    this.#refuseClosed();
    const keys: string[] = [];
    const pull = this.#pull(pattern, this.#over.signal, true, (await this.#standing()).config);
    try {
      const { pending } = await pull.open();
      for await (const { messages } of pull.messages(pending)) {
        for (const { subject, headers } of messages) if (!isDeleted(headers)) keys.push(this.#keyOf(subject));
        if (messages.at(-1)?.info.pending === 0) break;
      }
    } finally {
      await pull.close();
    }
    return keys.sort();
  }

  watch({ pattern = '>', signal }: WatchOptions = {}): AsyncGenerator<BucketChange> {
    return bucketChanges(async () => {
      refuseKeyPattern(pattern);
      this.#refuseClosed();
      const over = this.#over.signal;
      const until = signal === undefined ? over : AbortSignal.any([signal, over]);
      const { state, config } = await this.#standing();
      const isOneOfSeveral = this.#exact && config.num_replicas > 1;
      return {
        pull: this.#pull(pattern, until, false, config),
        last: state.last_seq,
        leader: isOneOfSeveral ? new LeaderCopy(this.#server, this.#stream, this.#clock, until) : undefined,
        subject: this.#subjectOf(pattern),
        keyOf: (subject) => this.#keyOf(subject),
        signal: until,
      };
    });
  }

  putInStep(key: string, value: string): void {
    refuseKey(key);
    this.#refuseClosed();
    this.#server.bus.publish(this.#subjectOf(key), value);
  }

  erase(revision: number): void {
    this.#refuseClosed();
    // Without an address for the answer there is none.
    const what = JSON.stringify({ seq: revision, no_erase: true });
    this.#server.bus.publish(`$JS.API.STREAM.MSG.DELETE.${this.#stream}`, what);
  }

  async destroy(): Promise<void> {
    this.#refuseClosed();
    this.#opened = undefined;
    await destroyStream(this.#server, this.#stream);
  }

  async close(): Promise<void> {
    this.#over.abort();
  }

  get #stream(): string {
    return `${STREAM}${this.name}`;
  }

  #subjectOf(pattern: string): string {
    return `${SUBJECT}.${this.name}.${pattern}`;
  }

  #keyOf(subject: string): string {
    return subject.slice(SUBJECT.length + 1 + this.name.length + 1);
  }

  #pull(pattern: string, signal: AbortSignal, untilNow: boolean, config: StreamInfo['config']): Pull {
    // Where only the latest of each key is kept, all that is kept is the latest, and the server need not look for it.
    const from = config.max_msgs_per_subject === 1 ? { seq: 1 } : 'latest';
    return new Pull(
      this.#server,
      {
        stream: this.#stream,
        subject: this.#subjectOf(pattern),
        headersOnly: untilNow,
        untilNow,
        signal,
        clock: this.#clock,
      },
      from,
    );
  }

  /** Undefined when the revision was another one. */
  #write(key: string, value: Uint8Array | string, writing: Writing): Promise<number | undefined> {
    this.#refuseClosed();
    return this.#inWordsOf(key, value, () =>
      write(this.#server.bus, { subject: this.#subjectOf(key), value }, writing, () => this.#kv()),
    );
  }

  async #inWordsOf(key: string, value: Uint8Array | string, work: () => Promise<number>): Promise<number | undefined> {
    try {
      return await work();
    } catch (error) {
      if (isWrongRevision(error)) return undefined;
      if (isNotEnabled(error)) await this.#standing();
      throw writeInWords(error, this.#server.bus, {
        what: `the value of ${JSON.stringify(key)}`,
        bytes: Buffer.byteLength(value),
        unsure: 'Read the key again to see whether it is.',
      });
    }
  }

  #kv(): Promise<KV> {
    this.#refuseClosed();
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #open(): Promise<KV> {
    const { config } = await this.#standing();
    return await new Kvm(this.#server.client).open(this.name, {
      allow_direct: !this.#exact && (config.allow_direct ?? false),
    });
  }

  async #standing(): Promise<StreamInfo> {
    const found = await findStream(this.#server, this.#stream);
    if (found === undefined) throw notThere('bucket', this.name, this.#server.bus.url);
    return found;
  }

  async #readInWords(error: unknown): Promise<Error> {
    if (isNotEnabled(error)) await this.#standing();
    return this.#inWords(error, 'STREAM.MSG.GET');
  }

  #inWords(error: unknown, verb: string): Error {
    return isHeddleError(error) ? error : inWords(error, this.#server.bus, `$JS.API.${verb}.${this.#stream}`);
  }

  #refuseClosed(): void {
    if (this.#over.signal.aborted) throw isClosed('bucket', this.name);
  }
}
