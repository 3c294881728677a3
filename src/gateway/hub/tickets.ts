import { randomBytes } from 'node:crypto';
import type { Principal } from '../../http/route.ts';
import type { Bucket } from '../../store/bucket.ts';
import { openBucket, type Place } from '../../store/open.ts';
import type { Clock } from '../../time/clock.ts';
import { addressToken } from '../requests/record.ts';
import { orStoreProblem } from '../store-problem.ts';

export const TICKET_MS = 30_000;
const MOST_BYTES = 4 * 1024 * 1024;

interface Kept {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly until: number;
  /** The session of whoever asked: the ticket opens nothing that outlives it. */
  readonly session?: string | undefined;
  /** The same of a token; who reads it without the ticket learns nothing. */
  readonly seal?: string | undefined;
}

/** Where the session or the token of whoever asked is found again; undefined: it is good no more. */
export interface Givers {
  session(name: string): Promise<Principal | undefined>;
  seal(holder: Principal, salt: string): string | undefined;
  unseal(seal: string, salt: string): Principal | undefined;
}

/**
 * What a browser shows where it cannot send a header: good for half a minute, once, for listening alone, on every replica that
 * shares the store. What is kept of it does not give it away.
 */
export class Tickets {
  readonly #bucket: Bucket;
  readonly #clock: Clock;
  readonly #givers: Givers;

  private constructor(bucket: Bucket, clock: Clock, givers: Givers) {
    this.#bucket = bucket;
    this.#clock = clock;
    this.#givers = givers;
  }

  static async open(place: Place, name: string, clock: Clock, givers: Givers): Promise<Tickets> {
    const bucket = await openBucket(place, `heddle-${name}-tickets`);
    await bucket.ensure({ ttlMs: TICKET_MS, maxValueBytes: 1024, maxBytes: MOST_BYTES });
    return new Tickets(bucket, clock, givers);
  }

  /** `scopes`: those of the holder that listening has a use for. */
  async give(holder: Principal): Promise<{ readonly ticket: string; readonly expiresAt: number }> {
    const { name, scopes, session } = holder;
    const ticket = randomBytes(32).toString('base64url');
    const until = this.#clock.now() + TICKET_MS;
    const listening = ['events', 'observe', 'admin'].filter((scope) => scopes.has(scope));
    const seal = session === undefined ? this.#givers.seal(holder, ticket) : undefined;
    const kept: Kept = { name, scopes: listening, until, session, seal };
    await orStoreProblem(this.#bucket.put(addressToken(ticket), JSON.stringify(kept)));
    return { ticket, expiresAt: until };
  }

  /** Its holder, the first time; undefined ever after. */
  async use(ticket: string): Promise<Principal | undefined> {
    const key = addressToken(ticket);
    const entry = await orStoreProblem(this.#bucket.get(key));
    if (entry === undefined) return undefined;
    const gone = await orStoreProblem(this.#bucket.delete(key, { revision: entry.revision }));
    const { name, scopes, until, session, seal } = JSON.parse(Buffer.from(entry.value).toString()) as Kept;
    if (gone === 'changed' || until <= this.#clock.now()) return undefined;
    const giver = session === undefined ? this.#unseal(seal, ticket) : await this.#givers.session(session);
    if (giver === undefined) return undefined;
    return { name, scopes: new Set(scopes), user: giver.user, session, tenure: giver.tenure };
  }

  async close(): Promise<void> {
    await this.#bucket.close();
  }

  #unseal(seal: string | undefined, ticket: string): Principal | undefined {
    return seal === undefined ? undefined : this.#givers.unseal(seal, ticket);
  }
}
