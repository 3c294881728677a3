import { randomBytes } from 'node:crypto';
import type { Principal } from '../../http/route.ts';
import type { Bucket } from '../../store/bucket.ts';
import { openBucket, type Place } from '../../store/open.ts';
import type { Clock } from '../../time/clock.ts';
import { addressToken } from '../requests/record.ts';
import { asBusDown } from '../requests/store.ts';

export const TICKET_MS = 30_000;
const MOST_BYTES = 4 * 1024 * 1024;

interface Kept {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly until: number;
  /** The session of whoever asked: the ticket opens nothing that outlives it. */
  readonly session?: string | undefined;
}

/** Whose session this is, by its name; undefined: it is over. */
type AskSession = (name: string) => Promise<Principal | undefined>;

/**
 * What a browser shows where it cannot send a header: good for half a minute, once, for listening alone, on every replica that
 * shares the store. What is kept of it does not give it away.
 */
export class Tickets {
  readonly #bucket: Bucket;
  readonly #clock: Clock;
  readonly #session: AskSession;

  private constructor(bucket: Bucket, clock: Clock, session: AskSession) {
    this.#bucket = bucket;
    this.#clock = clock;
    this.#session = session;
  }

  static async open(place: Place, name: string, clock: Clock, session: AskSession): Promise<Tickets> {
    const bucket = await openBucket(place, `heddle-${name}-tickets`);
    await bucket.ensure({ ttlMs: TICKET_MS, maxValueBytes: 1024, maxBytes: MOST_BYTES });
    return new Tickets(bucket, clock, session);
  }

  /** `scopes`: those of the holder that listening has a use for. */
  async give({ name, scopes, session }: Principal): Promise<{ readonly ticket: string; readonly expiresAt: number }> {
    const ticket = randomBytes(32).toString('base64url');
    const until = this.#clock.now() + TICKET_MS;
    const listening = ['events', 'observe', 'admin'].filter((scope) => scopes.has(scope));
    const kept: Kept = { name, scopes: listening, until, session };
    await asBusDown(this.#bucket.put(addressToken(ticket), JSON.stringify(kept)));
    return { ticket, expiresAt: until };
  }

  /** Its holder, the first time; undefined ever after. */
  async use(ticket: string): Promise<Principal | undefined> {
    const key = addressToken(ticket);
    const entry = await asBusDown(this.#bucket.get(key));
    if (entry === undefined) return undefined;
    const gone = await asBusDown(this.#bucket.delete(key, { revision: entry.revision }));
    const { name, scopes, until, session } = JSON.parse(Buffer.from(entry.value).toString()) as Kept;
    if (gone === 'changed' || until <= this.#clock.now()) return undefined;
    const holder: Principal = { name, scopes: new Set(scopes) };
    if (session === undefined) return holder;
    const standing = await this.#session(session);
    return standing === undefined ? undefined : { ...holder, user: standing.user, session, over: standing.over };
  }

  async close(): Promise<void> {
    await this.#bucket.close();
  }
}
