import { problem } from '../../http/problem.ts';
import type { Bucket } from '../../store/bucket.ts';
import { openBucket, type Place } from '../../store/open.ts';
import type { Clock, Timer } from '../../time/clock.ts';
import { sleep } from '../../time/wait.ts';
import { addressToken } from '../requests/record.ts';
import { orStoreProblem } from '../store-problem.ts';

/** What is kept of a client: whose it is, and from where it is owed what it has not been told. */
interface Registration {
  readonly owner: string;
  /** The id of the place where it was named, until it connects for the first time. */
  readonly from: string | null;
}

export interface Claimed {
  /** Nobody knew this client a moment ago. */
  readonly fresh: boolean;
  /** It was named before it ever connected: it is owed everything from here on. */
  readonly from: string | undefined;
}

type Connected = () => Iterable<{ readonly client: string; readonly owner: string }>;

const MOST_BYTES = 16 * 1024 * 1024;
const AT_ONCE = 100;
const RETRY_MS = 1_000;

/**
 * Who is told what: a client belongs to the principal who named it first, on every replica, for as long as it is heard of and a
 * while longer. A principal without clients is not told anything, and nothing is kept for it.
 */
export class Clients {
  readonly #bucket: Bucket;
  readonly #clock: Clock;
  readonly #freshMs: number;
  readonly #over = new AbortController();
  readonly #sweep: Timer;
  /** By token; as the bucket has them, or had them a moment ago. */
  readonly #known = new Map<string, { readonly owner: string; at: number }>();
  /** How many clients each owner has. */
  readonly #owners = new Map<string, number>();
  readonly #connected: Connected;
  readonly #first: () => void;
  #watching: Promise<void> = Promise.resolve();

  private constructor(bucket: Bucket, freshMs: number, clock: Clock, connected: Connected, first: () => void) {
    this.#bucket = bucket;
    this.#freshMs = freshMs;
    this.#clock = clock;
    this.#connected = connected;
    this.#first = first;
    this.#sweep = clock.every(freshMs, () => void this.#tidy());
    clock.unref(this.#sweep);
  }

  /** `connected`: the clients of this process, which are kept known. `first`: told when there is one, anywhere, where there was none. */
  static async open(
    place: Place,
    { name, keepMs, clock }: { readonly name: string; readonly keepMs: number; readonly clock: Clock },
    connected: Connected,
    first: () => void,
  ): Promise<Clients> {
    const bucket = await openBucket(place, `heddle-${name}-clients`);
    await bucket.ensure({ ttlMs: keepMs * 2, maxValueBytes: 1024, maxBytes: MOST_BYTES });
    const clients = new Clients(bucket, keepMs / 2, clock, connected, first);
    clients.#watching = clients.#watch();
    return clients;
  }

  get size(): number {
    return this.#known.size;
  }

  /** Whether a client was heard of, not long ago. */
  has(client: string): boolean {
    return this.#known.has(addressToken(client));
  }

  /** Whether anybody would hear what is for all clients of a principal. */
  wants(owner: string): boolean {
    return this.#owners.has(owner);
  }

  /** Makes a client its principal's. Throws `forbidden` when it is somebody else's. `from`: the place where it is named now. */
  async claim(
    client: string,
    owner: string,
    how: { connects: true } | { connects: false; from: string },
  ): Promise<Claimed> {
    const key = addressToken(client);
    const known = this.#known.get(key);
    if (known !== undefined && known.owner !== owner) throw taken();
    if (!how.connects && known !== undefined && this.#clock.elapsed() - known.at < this.#freshMs) {
      return { fresh: false, from: undefined };
    }
    const registration: Registration = { owner, from: how.connects ? null : how.from };
    for (;;) {
      if ((await this.#create(key, registration)) !== 'exists') {
        this.#know(key, owner);
        return { fresh: true, from: undefined };
      }
      const entry = await orStoreProblem(this.#bucket.get(key));
      // It ended between the two.
      if (entry === undefined) continue;
      const standing = readRegistration(entry.value) ?? registration;
      if (standing.owner !== owner) {
        this.#know(key, standing.owner);
        throw taken();
      }
      const kept = how.connects ? registration : standing;
      const done = await orStoreProblem(this.#bucket.update(key, JSON.stringify(kept), entry.revision));
      if (done === 'changed') continue;
      this.#know(key, owner);
      return { fresh: false, from: standing.from ?? undefined };
    }
  }

  async close(): Promise<void> {
    this.#over.abort();
    this.#clock.cancel(this.#sweep);
    await this.#watching;
    await this.#bucket.close();
  }

  async #create(key: string, registration: Registration): Promise<number | 'exists'> {
    return await orStoreProblem(this.#bucket.create(key, JSON.stringify(registration)));
  }

  #know(key: string, owner: string): void {
    const known = this.#known.get(key);
    if (known?.owner === owner) {
      known.at = this.#clock.elapsed();
      return;
    }
    this.#forget(key);
    if (this.#known.size === 0) this.#first();
    this.#known.set(key, { owner, at: this.#clock.elapsed() });
    this.#owners.set(owner, (this.#owners.get(owner) ?? 0) + 1);
  }

  #forget(key: string): void {
    const known = this.#known.get(key);
    if (known === undefined) return;
    this.#known.delete(key);
    const left = (this.#owners.get(known.owner) ?? 1) - 1;
    if (left === 0) this.#owners.delete(known.owner);
    else this.#owners.set(known.owner, left);
  }

  /** Other replicas make clients too. */
  async #watch(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      try {
        for await (const change of this.#bucket.watch({ signal })) {
          const registration = change.kind === 'put' ? readRegistration(change.value) : undefined;
          if (change.kind === 'put' && registration !== undefined) this.#know(change.key, registration.owner);
          else if (change.kind === 'deleted') this.#forget(change.key);
        }
      } catch {
        await sleep(this.#clock, RETRY_MS, signal);
      }
    }
  }

  async #tidy(): Promise<void> {
    const connected = [...this.#connected()];
    for (let at = 0; at < connected.length; at += AT_ONCE) {
      await Promise.all(
        connected.slice(at, at + AT_ONCE).map(async ({ client, owner }) => {
          const key = addressToken(client);
          const kept: Registration = { owner, from: null };
          // Without the bus nobody can take it either.
          await this.#bucket.put(key, JSON.stringify(kept)).catch(() => {});
          this.#know(key, owner);
        }),
      );
    }
    // The bucket tells nothing of what ended by its lifetime.
    const ended = this.#clock.elapsed() - this.#freshMs * 4;
    for (const [key, { at }] of this.#known) if (at < ended) this.#forget(key);
  }
}

function readRegistration(value: Uint8Array): Registration | undefined {
  try {
    const read = JSON.parse(Buffer.from(value).toString()) as Partial<Registration> | null;
    return typeof read?.owner === 'string' ? { owner: read.owner, from: read.from ?? null } : undefined;
  } catch {
    return undefined;
  }
}

function taken() {
  return problem('forbidden', { detail: 'this client_id belongs to somebody else' });
}
