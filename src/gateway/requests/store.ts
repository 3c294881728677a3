import { isHeddleError } from '../../errors.ts';
import type { Bucket } from '../../store/bucket.ts';
import { openBucket } from '../../store/open.ts';
import type { Clock } from '../../time/clock.ts';
import type { Transport } from '../../transport/transport.ts';
import type { StoreKind } from '../events.ts';
import { orStoreProblem } from '../store-problem.ts';
import { Together } from '../together.ts';
import {
  addressToken,
  decodeRequest,
  encodeRequest,
  expiredRequest,
  type KeptRequest,
  type RequestRecord,
} from './record.ts';

/** A request as it stands, and what it takes to change it. */
export interface Standing extends KeptRequest {
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** Its lifetime is over: it is there only so that whoever asks is told so. Its id may be taken anew. */
  readonly expired: boolean;
}

/** How long it is known of a request that it has expired: a part of its lifetime, within bounds. */
const KNOWN_AS_EXPIRED = { part: 4, leastS: 60, mostS: 3_600 };

/** Room for a record beside its result. */
const RECORD_BYTES = 4_096;
/** A full store refuses; it must not take the memory of the machine. */
const MOST_BYTES = { jetstream: 1024 * 1024 * 1024, memory: 64 * 1024 * 1024 };
const RETRIES = 5;
const MOST_PENDING = 100;

export interface StoreOptions {
  readonly name: string;
  readonly kind: 'auto' | 'required' | 'memory';
  /** One bucket for each: all values of a bucket live equally long. */
  readonly lifetimesS: readonly number[];
  readonly replicas: number;
  readonly resultBytes: number;
}

/**
 * Requests by their ids, shared by all replicas where the bus keeps them. A request stands in the bucket of its lifetime; who
 * asks by id alone looks into one after the other, the usual one first.
 */
export class RequestStore {
  readonly kind: StoreKind;
  readonly #buckets: ReadonlyMap<number, Bucket>;
  readonly #clock: Clock;
  readonly #together = new Together();

  private constructor(kind: StoreKind, buckets: ReadonlyMap<number, Bucket>, clock: Clock) {
    this.kind = kind;
    this.#buckets = buckets;
    this.#clock = clock;
  }

  /** Throws `no_match` where it is required that the bus keeps requests, and it does not. */
  static async open(bus: Transport, options: StoreOptions, clock: Clock): Promise<RequestStore> {
    // Where nothing is kept, nobody has to be asked.
    const memory = options.kind === 'memory' || (options.kind === 'auto' && !bus.info.can.jetstream);
    if (memory) return await RequestStore.#openIn('memory', bus, options, clock);
    try {
      return await RequestStore.#openIn('jetstream', bus, options, clock);
    } catch (thrown) {
      const absent = isHeddleError(thrown) && thrown.code === 'no_match';
      if (options.kind === 'required' || !absent) throw thrown;
      return await RequestStore.#openIn('memory', bus, options, clock);
    }
  }

  static async #openIn(kind: StoreKind, bus: Transport, options: StoreOptions, clock: Clock): Promise<RequestStore> {
    const buckets = new Map<number, Bucket>();
    for (const ttlS of new Set(options.lifetimesS)) {
      const place =
        kind === 'memory'
          ? ({ home: 'memory', clock, fading: { afterMs: ttlS * 1000, left: expiredRequest } } as const)
          : ({ home: 'jetstream', bus, clock, replicas: options.replicas } as const);
      const bucket = await openBucket(place, `heddle-${options.name}-${ttlS}`);
      await bucket.ensure({
        ttlMs: (ttlS + knownS(ttlS)) * 1000,
        maxValueBytes: RECORD_BYTES + options.resultBytes,
        maxBytes: MOST_BYTES[kind],
      });
      buckets.set(ttlS, bucket);
    }
    return new RequestStore(kind, buckets, clock);
  }

  /** Of a fresh id, which nobody else can have. */
  add(ttlS: number, kept: KeptRequest): Promise<number> {
    const put = () => orStoreProblem(this.#bucket(ttlS).put(keyOf(kept.record.id), encodeRequest(kept)));
    return this.kind === 'memory' ? put() : this.#together.run(put);
  }

  /** Only where there is no request of this id yet. */
  create(ttlS: number, kept: KeptRequest): Promise<number | 'exists'> {
    const create = () => orStoreProblem(this.#bucket(ttlS).create(keyOf(kept.record.id), encodeRequest(kept)));
    return this.kind === 'memory' ? create() : this.#together.run(create);
  }

  async get(id: string, ttlS?: number): Promise<Standing | undefined> {
    const lifetimes = ttlS === undefined ? this.#buckets.keys() : [ttlS];
    let expired: Standing | undefined;
    for (const lifetime of lifetimes) {
      const found = await orStoreProblem(this.#standingIn(lifetime, id));
      if (found?.expired === false) return found;
      expired ??= found;
    }
    return expired;
  }

  /** Only while it still is what it was. */
  async replace(ttlS: number, kept: KeptRequest, revision: number): Promise<number | 'changed'> {
    return await orStoreProblem(this.#bucket(ttlS).update(keyOf(kept.record.id), encodeRequest(kept), revision));
  }

  /** As if it had never been. */
  async drop(ttlS: number, id: string, revision: number): Promise<void> {
    await orStoreProblem(this.#bucket(ttlS).delete(keyOf(id), { revision }));
  }

  /** The same, whatever it is meanwhile. */
  async forget(ttlS: number, id: string): Promise<void> {
    await orStoreProblem(this.#bucket(ttlS).delete(keyOf(id)));
  }

  /**
   * Makes a change to whatever stands there, again when somebody else was faster. `change` answers undefined for what is to stay.
   * Tells what stands there then; undefined when there is no such request.
   */
  async change(id: string, change: (kept: KeptRequest) => KeptRequest | undefined): Promise<KeptRequest | undefined> {
    for (const [ttlS, bucket] of this.#buckets) {
      for (let attempt = 0; attempt < RETRIES; attempt += 1) {
        const standing = await orStoreProblem(this.#standingIn(ttlS, id));
        if (standing === undefined || standing.expired) break;
        const changed = change(standing);
        if (changed === undefined) return standing;
        const done = await orStoreProblem(bucket.update(keyOf(id), encodeRequest(changed), standing.revision));
        if (done !== 'changed') return changed;
      }
    }
    return undefined;
  }

  /** Notes that a client is owed an answer. Nothing hangs on it but what the client is shown when it connects. */
  async note(ttlS: number, { id, client_id: client }: RequestRecord): Promise<void> {
    if (client) await this.#bucket(ttlS).put(`cli.${addressToken(client)}.${id}`, '');
  }

  async unnote({ id, client_id: client }: RequestRecord): Promise<void> {
    if (!client) return;
    const key = `cli.${addressToken(client)}.${id}`;
    for (const bucket of this.#buckets.values()) if ((await bucket.get(key)) !== undefined) await bucket.delete(key);
  }

  /** The requests of a client that have no answer yet, oldest first, as far as there are not too many. */
  async pendingOf(client: string, owner: string): Promise<readonly RequestRecord[]> {
    const pending: RequestRecord[] = [];
    for (const [ttlS, bucket] of this.#buckets) {
      const keys = await orStoreProblem(bucket.keys(`cli.${addressToken(client)}.*`));
      for (const key of keys.slice(0, MOST_PENDING - pending.length)) {
        const found = await orStoreProblem(this.#standingIn(ttlS, key.slice(key.lastIndexOf('.') + 1)));
        if (found?.expired !== false || found.record.owner !== owner) continue;
        if (found.record.answer === null) pending.push(found.record);
      }
    }
    return pending.sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#buckets.values()].map((bucket) => bucket.close()));
  }

  async #standingIn(ttlS: number, id: string): Promise<Standing | undefined> {
    const entry = await this.#bucket(ttlS).get(keyOf(id));
    const kept = entry === undefined ? undefined : decodeRequest(entry.value);
    if (entry === undefined || kept === undefined) return undefined;
    const expiresAt = entry.at + ttlS * 1000;
    const expired = kept.record.state === 'expired' || expiresAt <= this.#clock.now();
    return { ...kept, revision: entry.revision, expiresAt, expired };
  }

  #bucket(ttlS: number): Bucket {
    const bucket = this.#buckets.get(ttlS);
    if (bucket === undefined) throw new Error(`no bucket was opened for ${ttlS} s`);
    return bucket;
  }
}

function keyOf(id: string): string {
  return `req.${id}`;
}

function knownS(ttlS: number): number {
  const { part, leastS, mostS } = KNOWN_AS_EXPIRED;
  return Math.min(mostS, Math.max(leastS, Math.round(ttlS / part)));
}
