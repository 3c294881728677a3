import { createHash, randomBytes } from 'node:crypto';
import type { Principal, PrincipalUser } from '../../http/route.ts';
import { Tenure } from '../../http/tenure.ts';
import type { Bucket } from '../../store/bucket.ts';
import { openBucket, type Place } from '../../store/open.ts';
import type { Clock, Timer } from '../../time/clock.ts';
import { sleep } from '../../time/wait.ts';
import { orStoreProblem } from '../store-problem.ts';

/** A session, as it stands in the store under the hash of its token. */
export interface Session {
  readonly user: PrincipalUser;
  readonly scopes: readonly string[];
  /** Milliseconds since 1970. */
  readonly expires_at: number;
}

/** A session that is in use here. */
interface Known extends Session {
  freshUntil: number;
  /** What goes on for long ends with it. */
  readonly tenure: Tenure;
}

const MOST_BYTES = 64 * 1024 * 1024;
const MOST_KNOWN = 10_000;
const SWEEP_MS = 5_000;
const RETRY_MS = 1_000;
/** As we make them; anything else need not be looked up. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

export interface SessionOptions {
  readonly name: string;
  readonly sessionMs: number;
  readonly cacheMs: number;
  readonly clock: Clock;
  /** What people may do at most, whatever they might when they logged in. Default: that. */
  readonly scopes?: readonly string[] | undefined;
}

/**
 * Who is logged in, on every replica. The store is believed for a moment, and a session's own end always: what is known of it never
 * outlives it. Where it is logged out, the others hear of it at once as a rule, and after that moment at the latest.
 */
export class Sessions {
  readonly #bucket: Bucket;
  readonly #options: SessionOptions;
  readonly #known = new Map<string, Known>();
  readonly #over = new AbortController();
  readonly #sweep: Timer;
  #most: ReadonlySet<string> | undefined;
  /** How often all were ended. */
  #endings = 0;
  #watching: Promise<void> = Promise.resolve();

  private constructor(bucket: Bucket, options: SessionOptions) {
    this.#bucket = bucket;
    this.#options = options;
    const { clock, scopes } = options;
    this.#most = scopes === undefined ? undefined : new Set(scopes);
    this.#sweep = clock.every(Math.min(SWEEP_MS, options.cacheMs), () => this.#endExpired());
    clock.unref(this.#sweep);
  }

  static async open(place: Place, options: SessionOptions): Promise<Sessions> {
    const bucket = await openBucket(place, `heddle-${options.name}-sessions`);
    await bucket.ensure({ ttlMs: options.sessionMs, maxValueBytes: 16 * 1024, maxBytes: MOST_BYTES });
    const sessions = new Sessions(bucket, options);
    sessions.#watching = sessions.#watch();
    return sessions;
  }

  /** The token is told once, and kept nowhere. */
  async begin(
    user: PrincipalUser,
    scopes: readonly string[],
    lastsMs: number,
  ): Promise<Session & { readonly token: string }> {
    const { clock, sessionMs } = this.#options;
    const token = randomBytes(32).toString('base64url');
    const session: Session = { user, scopes, expires_at: clock.now() + Math.min(sessionMs, lastsMs) };
    await orStoreProblem(this.#bucket.put(keyOf(token), JSON.stringify(session)));
    return { ...session, token };
  }

  /** undefined: there is no such session, or it has ended. */
  async find(token: string): Promise<Known | undefined> {
    return TOKEN.test(token) ? await this.#find(keyOf(token)) : undefined;
  }

  /** By its name, which is the hash of its token. */
  async named(name: string): Promise<Principal | undefined> {
    const session = await this.#find(name);
    if (session === undefined) return undefined;
    const { user, tenure } = session;
    // No token of the config has such a name.
    return { name: `user/${user.user_id}`, scopes: this.#heldBy(session), user, session: name, tenure };
  }

  /** From now on: what goes on and takes more ends. */
  allow(scopes: readonly string[]): void {
    this.#most = new Set(scopes);
    for (const known of this.#known.values()) known.tenure.hold(this.#heldBy(known));
  }

  /** Here and now; what the store has is found again by whoever asks for it. */
  endAll(): void {
    this.#endings += 1;
    for (const key of [...this.#known.keys()]) this.#end(key);
  }

  async #find(key: string): Promise<Known | undefined> {
    const { clock, cacheMs } = this.#options;
    const known = this.#known.get(key);
    if (known !== undefined && known.expires_at <= clock.now()) return this.#end(key);
    if (known !== undefined && clock.elapsed() < known.freshUntil) return known;
    const asked = clock.elapsed();
    const endings = this.#endings;
    const entry = await orStoreProblem(this.#bucket.get(key));
    const session = entry === undefined ? undefined : readSession(entry.value);
    if (session === undefined || session.expires_at <= clock.now()) return this.#end(key);
    const tenure = known?.tenure ?? new Tenure('session', this.#heldBy(session));
    // Logged out, or all were ended, while it was asked for.
    if (tenure.isOver || endings !== this.#endings) return undefined;
    const found: Known = { ...session, freshUntil: asked + cacheMs, tenure };
    this.#known.delete(key);
    this.#known.set(key, found);
    if (this.#known.size > MOST_KNOWN) this.#makeRoom(key);
    return found;
  }

  async principal(token: string): Promise<Principal | undefined> {
    return TOKEN.test(token) ? await this.named(keyOf(token)) : undefined;
  }

  /** One that is over already, or never was, is no error. */
  async finish(token: string): Promise<void> {
    if (!TOKEN.test(token)) return;
    const key = keyOf(token);
    await orStoreProblem(this.#bucket.delete(key));
    this.#end(key);
  }

  async close(): Promise<void> {
    this.#over.abort();
    this.#options.clock.cancel(this.#sweep);
    await this.#watching;
    await this.#bucket.close();
  }

  #heldBy({ scopes }: Session): ReadonlySet<string> {
    const most = this.#most;
    return new Set(most === undefined ? scopes : scopes.filter((scope) => most.has(scope)));
  }

  #end(key: string): undefined {
    const known = this.#known.get(key);
    this.#known.delete(key);
    known?.tenure.end();
  }

  /** Of one that is not known here nobody would notice the end, so one stays as long as something goes on under it. */
  #makeRoom(newest: string): void {
    for (const [key, { tenure }] of this.#known) if (key !== newest && tenure.isIdle) return void this.#end(key);
  }

  #endExpired(): void {
    const now = this.#options.clock.now();
    for (const [key, { expires_at: end }] of this.#known) if (end <= now) this.#end(key);
  }

  /** Other replicas end sessions, too. */
  async #watch(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      try {
        for await (const change of this.#bucket.watch({ signal })) if (change.kind === 'deleted') this.#end(change.key);
      } catch {
        await sleep(this.#options.clock, RETRY_MS, signal);
      }
    }
  }
}

function keyOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

function readSession(value: Uint8Array): Session | undefined {
  try {
    const read = JSON.parse(Buffer.from(value).toString()) as Partial<Session> | null;
    const isWhole = typeof read?.expires_at === 'number' && typeof read.user?.user_id === 'string';
    return isWhole && Array.isArray(read.scopes) ? (read as Session) : undefined;
  } catch {
    return undefined;
  }
}
