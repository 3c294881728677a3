import { ByAge } from '../../time/by-age.ts';
import type { Clock, Timer } from '../../time/clock.ts';
import { handleOf, pathSafe, stemOf } from './handle.ts';
import type { Found, Job, Lapse, Lease, Remembered, Settled } from './lease.ts';

/** How long it is remembered how a lease ended: who repeats an answer, or comes too late, is told what it is. */
export const MEMORY_MS = 600_000;
/** What is remembered of leases that ended, at most; then the oldest go. */
const MOST_REMEMBERED = 100_000;

type Open<J extends Job> = { -readonly [Key in keyof Lease<J>]: Lease<J>[Key] };

interface Entry<J extends Job, A> {
  /** undefined once it ended. */
  lease: Open<J> | undefined;
  known: Remembered;
  readonly delivery: number;
  /** What the handles of all deliveries of its message begin with. */
  readonly stem: string;
  answering: { readonly digest: string; readonly giving: Promise<unknown> } | undefined;
  end:
    | { readonly kind: Lapse }
    | { readonly kind: 'resolved'; readonly digest: string; readonly answer: A }
    | undefined;
}

/**
 * Who may answer for which delivery; of those that ended it is known for ten minutes how. Nothing here knows of a bus or of
 * HTTP.
 */
export class Ledger<J extends Job, A> {
  readonly #clock: Clock;
  readonly #uuid: () => string;
  readonly #expired: (lease: Lease<J>) => void;
  readonly #sameId: (job: J) => void;
  readonly #entries = new Map<string, Entry<J, A>>();
  /** Those whose lease is open, in the order in which they were granted. */
  readonly #live = new Set<Entry<J, A>>();
  readonly #ended = new ByAge<Entry<J, A>>();
  /** The newest delivery of each message, by the stem of its handles. */
  readonly #newest = new Map<string, Entry<J, A>>();
  /** Of a task id that several messages have: the stems of those beside the first. */
  readonly #twins = new Map<string, Set<string>>();
  readonly #listeners = new Set<() => void>();
  /** One for all: most leases have their answer long before their time is over. */
  #timer: Timer | undefined;
  /** When it is looked at the next time which are over; never later than the first of them is. */
  #lookAt = Number.POSITIVE_INFINITY;
  #closed = false;

  /** `sameId`: told of a task that is granted while another message with its id is worked on. */
  constructor(
    clock: Clock,
    uuid: () => string,
    expired: (lease: Lease<J>) => void,
    sameId: (job: J) => void = () => {},
  ) {
    this.#clock = clock;
    this.#uuid = uuid;
    this.#expired = expired;
    this.#sameId = sameId;
  }

  get open(): number {
    return this.#live.size;
  }

  get remembered(): number {
    return this.#ended.size;
  }

  *leases(): Iterable<Lease<J>> {
    for (const { lease } of this.#live) if (lease !== undefined) yield lease;
  }

  /**
   * A lease for the next delivery. One of this task that had expired is superseded; one that is open is of another message with the
   * same id, and stands.
   */
  grant(job: J, { owner, termMs }: { readonly owner: string; readonly termMs: number }): Lease<J> {
    this.#forgetOld();
    const stem = stemOf(job);
    const before = this.#newest.get(stem);
    const delivery = Math.max(before?.delivery ?? 0, job.deliveries) + 1;
    if (before?.lease !== undefined && before.answering === undefined) this.#sameId(job);
    if (before?.end?.kind === 'expired') before.end = { kind: 'superseded' };
    const now = this.#clock.elapsed();
    const lease: Open<J> = {
      job,
      handle: handleOf(job, delivery, stem),
      leaseId: this.#uuid(),
      owner,
      delivery,
      termMs,
      grantedAt: now,
      expiresAt: now + termMs,
    };
    return this.#open(lease, stem);
  }

  /** A lease that stands already: another process gave it. */
  adopt(given: Lease<J>): Lease<J> {
    return this.#open({ ...given }, stemOf(given.job));
  }

  #open(lease: Open<J>, stem: string): Lease<J> {
    const { handle, delivery, job } = lease;
    const entry: Entry<J, A> = { lease, known: lease, delivery, stem, answering: undefined, end: undefined };
    this.#entries.set(handle, entry);
    this.#newest.set(stem, entry);
    if (job.twin !== undefined) {
      const twins = this.#twins.get(job.taskId) ?? new Set();
      this.#twins.set(job.taskId, twins.add(stem));
    }
    this.#live.add(entry);
    this.#watch(lease.expiresAt);
    return lease;
  }

  /** Of a worker that names its lease, that of its lease alone. */
  find(handle: string, owner: string, leaseId?: string): Found<J, A> {
    const entry = this.#entries.get(handle);
    // What others hold is not there for whoever asks.
    if (entry === undefined || entry.known.owner !== owner) return { kind: 'unknown' };
    const { lease, known, end } = entry;
    if (leaseId !== undefined && leaseId !== known.leaseId) return { kind: 'superseded', lease: known };
    if (lease !== undefined) return { kind: 'open', lease };
    return { ...(end ?? { kind: 'expired' }), lease: known };
  }

  /** The open lease of the newest delivery of a message, unless its answer is being given. */
  openOf(job: Pick<J, 'taskId' | 'twin'>): Lease<J> | undefined {
    return this.#openAt(stemOf(job));
  }

  /** The same of every message with this task id. */
  openWith(taskId: string): readonly Lease<J>[] {
    return this.#stemsOf(taskId).flatMap((stem) => this.#openAt(stem) ?? []);
  }

  /** Of a message. */
  isAnswering(job: Pick<J, 'taskId' | 'twin'>): boolean {
    return this.#newest.get(stemOf(job))?.answering !== undefined;
  }

  /** Whether a message with this task id has its answer from a worker here, or is about to have it. */
  isAnswered(taskId: string): boolean {
    const entries = this.#stemsOf(taskId).map((stem) => this.#newest.get(stem));
    return entries.some((entry) => entry?.answering !== undefined || entry?.end?.kind === 'resolved');
  }

  /** A sign of life: its whole term begins again. False when the lease is not open. */
  extend({ handle, leaseId }: Lease<J>): boolean {
    const entry = this.#openEntry(handle, leaseId);
    if (entry?.lease === undefined) return false;
    entry.lease.expiresAt = this.#clock.elapsed() + entry.lease.termMs;
    if (entry.answering === undefined) this.#watch(entry.lease.expiresAt);
    return true;
  }

  /**
   * Gives the one answer. `give` runs at most once at a time, and while it runs the lease does not expire; when it throws, the
   * lease stands as it stood. The same answer again, at the same time or within the memory, is the first one.
   */
  async settle(
    { handle, leaseId }: Pick<Lease, 'handle' | 'leaseId'>,
    digest: string,
    give: () => A | Promise<A>,
  ): Promise<Settled<A>> {
    const entry = this.#entries.get(handle);
    if (entry === undefined || entry.known.leaseId !== leaseId) return { kind: 'superseded' };
    for (let other = entry.answering; other !== undefined; other = entry.answering) await other.giving.then(noop, noop);
    if (entry.end !== undefined) {
      if (entry.end.kind !== 'resolved') return { kind: entry.end.kind };
      if (entry.end.digest !== digest) return { kind: 'other_answer' };
      return { kind: 'settled', answer: entry.end.answer, duplicate: true };
    }
    try {
      const giving = Promise.resolve(give());
      entry.answering = { digest, giving };
      const answer = await giving;
      // Taken away meanwhile: the answer was given all the same.
      if (entry.end === undefined) this.#end(entry, { kind: 'resolved', digest, answer });
      return { kind: 'settled', answer, duplicate: false };
    } finally {
      entry.answering = undefined;
      if (entry.lease !== undefined) this.#watch(entry.lease.expiresAt);
    }
  }

  /** Takes the task from its worker: whatever it answers from now on is stale. False when the lease is not open. */
  revoke({ handle, leaseId }: Lease<J>): boolean {
    const entry = this.#openEntry(handle, leaseId);
    if (entry === undefined) return false;
    this.#end(entry, { kind: 'superseded' });
    return true;
  }

  /** Told after each lease that ended, however. Returns the undo. */
  onEnd(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Nothing expires any more. */
  close(): void {
    this.#closed = true;
    this.#clock.cancel(this.#timer);
  }

  #stemsOf(taskId: string): readonly string[] {
    return [pathSafe(taskId), ...(this.#twins.get(taskId) ?? [])];
  }

  #openAt(stem: string): Lease<J> | undefined {
    const entry = this.#newest.get(stem);
    return entry?.answering === undefined ? entry?.lease : undefined;
  }

  #openEntry(handle: string, leaseId: string): Entry<J, A> | undefined {
    const entry = this.#entries.get(handle);
    return entry?.lease?.leaseId === leaseId ? entry : undefined;
  }

  /** A lease that is over at this time is seen to then. */
  #watch(expiresAt: number): void {
    if (this.#closed || expiresAt >= this.#lookAt) return;
    this.#clock.cancel(this.#timer);
    this.#lookAt = expiresAt;
    this.#timer = this.#clock.after(Math.max(1, expiresAt - this.#clock.elapsed()), () => this.#look());
    this.#clock.unref(this.#timer);
  }

  #look(): void {
    this.#lookAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.elapsed();
    let next = Number.POSITIVE_INFINITY;
    const over: Entry<J, A>[] = [];
    for (const entry of this.#live) {
      // While its answer is being given, it does not expire.
      if (entry.lease === undefined || entry.answering !== undefined) continue;
      if (entry.lease.expiresAt <= now) over.push(entry);
      else next = Math.min(next, entry.lease.expiresAt);
    }
    this.#watch(next);
    for (const entry of over) {
      const { lease } = entry;
      // Whoever is told of one may end another.
      if (lease === undefined) continue;
      this.#end(entry, { kind: 'expired' });
      this.#expired(lease);
    }
  }

  #end(entry: Entry<J, A>, end: NonNullable<Entry<J, A>['end']>): void {
    const { handle, leaseId, owner, job } = entry.known;
    const { taskId, lane } = job;
    entry.end = end;
    entry.lease = undefined;
    entry.known = { handle, leaseId, owner, job: { taskId, lane } };
    this.#live.delete(entry);
    this.#ended.add(entry, this.#clock.elapsed());
    for (const listener of this.#listeners) listener();
  }

  #forgetOld(): void {
    const until = this.#clock.elapsed() - MEMORY_MS;
    for (;;) {
      const entry = this.#ended.takeOlder(this.#ended.size > MOST_REMEMBERED ? Number.POSITIVE_INFINITY : until);
      if (entry === undefined) return;
      const { known, stem } = entry;
      if (this.#entries.get(known.handle) === entry) this.#entries.delete(known.handle);
      if (this.#newest.get(stem) !== entry) continue;
      this.#newest.delete(stem);
      const twins = this.#twins.get(known.job.taskId);
      if (twins?.delete(stem) === true && twins.size === 0) this.#twins.delete(known.job.taskId);
    }
  }
}

function noop(): void {}
