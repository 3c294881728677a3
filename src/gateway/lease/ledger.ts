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
  /** Of its expiry; none while an answer is being given. */
  timer: Timer | undefined;
  answering: { readonly digest: string; readonly done: Promise<unknown> } | undefined;
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
  readonly #entries = new Map<string, Entry<J, A>>();
  /** Handles whose lease ended, oldest first, with when. */
  readonly #ended = new Map<string, number>();
  /** The newest delivery of each message, by the stem of its handles. */
  readonly #newest = new Map<string, number>();
  /** Of a task id that several messages have: the stems of those beside the first. */
  readonly #twins = new Map<string, Set<string>>();
  readonly #listeners = new Set<() => void>();
  #open = 0;

  constructor(clock: Clock, uuid: () => string, expired: (lease: Lease<J>) => void) {
    this.#clock = clock;
    this.#uuid = uuid;
    this.#expired = expired;
  }

  get open(): number {
    return this.#open;
  }

  get remembered(): number {
    return this.#ended.size;
  }

  *leases(): Iterable<Lease<J>> {
    for (const { lease } of this.#entries.values()) if (lease !== undefined) yield lease;
  }

  /**
   * A lease for the next delivery. One of this task that had expired is superseded; one that is open is of another message with the
   * same id, and stands.
   */
  grant(job: J, { owner, termMs }: { readonly owner: string; readonly termMs: number }): Lease<J> {
    this.#forgetOld();
    const before = this.#newest.get(stemOf(job));
    const delivery = Math.max(before ?? 0, job.deliveries) + 1;
    if (before !== undefined) this.#supersede(handleOf(job, before));
    const now = this.#clock.elapsed();
    return this.adopt({
      job,
      handle: handleOf(job, delivery),
      leaseId: this.#uuid(),
      owner,
      delivery,
      termMs,
      grantedAt: now,
      expiresAt: now + termMs,
    });
  }

  /** A lease that stands already: another process gave it. */
  adopt(given: Lease<J>): Lease<J> {
    const lease: Open<J> = { ...given };
    const { handle, delivery, job } = lease;
    const entry: Entry<J, A> = { lease, known: lease, timer: undefined, answering: undefined, end: undefined };
    this.#entries.set(handle, entry);
    const stem = stemOf(job);
    this.#newest.set(stem, delivery);
    if (job.twin !== undefined) {
      const twins = this.#twins.get(job.taskId) ?? new Set();
      this.#twins.set(job.taskId, twins.add(stem));
    }
    this.#open += 1;
    this.#arm(entry);
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
    return this.#newestOf(stemOf(job))?.answering !== undefined;
  }

  /** Whether a message with this task id has its answer from a worker here, or is about to have it. */
  isAnswered(taskId: string): boolean {
    const entries = this.#stemsOf(taskId).map((stem) => this.#newestOf(stem));
    return entries.some((entry) => entry?.answering !== undefined || entry?.end?.kind === 'resolved');
  }

  /** A sign of life: its whole term begins again. False when the lease is not open. */
  extend({ handle, leaseId }: Lease<J>): boolean {
    const entry = this.#openEntry(handle, leaseId);
    if (entry?.lease === undefined) return false;
    entry.lease.expiresAt = this.#clock.elapsed() + entry.lease.termMs;
    if (entry.answering === undefined) this.#arm(entry);
    return true;
  }

  /**
   * Gives the one answer. `give` runs at most once at a time, and while it runs the lease does not expire; when it throws, the
   * lease stands as it stood. The same answer again, at the same time or within the memory, is the first one.
   */
  async settle(
    { handle, leaseId }: Pick<Lease, 'handle' | 'leaseId'>,
    digest: string,
    give: () => Promise<A>,
  ): Promise<Settled<A>> {
    const entry = this.#entries.get(handle);
    if (entry === undefined || entry.known.leaseId !== leaseId) return { kind: 'superseded' };
    for (let other = entry.answering; other !== undefined; other = entry.answering) await other.done;
    if (entry.end !== undefined) {
      if (entry.end.kind !== 'resolved') return { kind: entry.end.kind };
      if (entry.end.digest !== digest) return { kind: 'other_answer' };
      return { kind: 'settled', answer: entry.end.answer, duplicate: true };
    }
    this.#disarm(entry);
    const giving = (async () => await give())();
    entry.answering = { digest, done: giving.then(noop, noop) };
    try {
      const answer = await giving;
      // Taken away meanwhile: the answer was given all the same.
      if (entry.end === undefined) this.#end(entry, { kind: 'resolved', digest, answer });
      return { kind: 'settled', answer, duplicate: false };
    } finally {
      entry.answering = undefined;
      this.#arm(entry);
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
    for (const entry of this.#entries.values()) this.#disarm(entry);
  }

  #stemsOf(taskId: string): readonly string[] {
    return [pathSafe(taskId), ...(this.#twins.get(taskId) ?? [])];
  }

  #openAt(stem: string): Lease<J> | undefined {
    const entry = this.#newestOf(stem);
    return entry?.answering === undefined ? entry?.lease : undefined;
  }

  #newestOf(stem: string): Entry<J, A> | undefined {
    const newest = this.#newest.get(stem);
    // The first delivery of a task that has no twin is called by the stem alone.
    return newest === undefined
      ? undefined
      : (this.#entries.get(`${stem}~${newest}`) ?? (newest === 1 ? this.#entries.get(stem) : undefined));
  }

  #openEntry(handle: string, leaseId: string): Entry<J, A> | undefined {
    const entry = this.#entries.get(handle);
    return entry?.lease?.leaseId === leaseId ? entry : undefined;
  }

  #arm(entry: Entry<J, A>): void {
    this.#disarm(entry);
    const { lease } = entry;
    if (lease === undefined) return;
    entry.timer = this.#clock.after(Math.max(1, lease.expiresAt - this.#clock.elapsed()), () => {
      this.#end(entry, { kind: 'expired' });
      this.#expired(lease);
    });
    this.#clock.unref(entry.timer);
  }

  #disarm(entry: Entry<J, A>): void {
    this.#clock.cancel(entry.timer);
    entry.timer = undefined;
  }

  #supersede(handle: string): void {
    const entry = this.#entries.get(handle);
    if (entry?.end?.kind === 'expired') entry.end = { kind: 'superseded' };
  }

  #end(entry: Entry<J, A>, end: NonNullable<Entry<J, A>['end']>): void {
    this.#disarm(entry);
    const { handle, leaseId, owner, job } = entry.known;
    const { taskId, twin, lane, attempt, deliveries } = job;
    entry.end = end;
    entry.lease = undefined;
    entry.known = { handle, leaseId, owner, job: { taskId, twin, lane, attempt, deliveries } };
    this.#open -= 1;
    this.#ended.set(handle, this.#clock.elapsed());
    for (const listener of this.#listeners) listener();
  }

  #forgetOld(): void {
    const until = this.#clock.elapsed() - MEMORY_MS;
    for (const [handle, at] of this.#ended) {
      if (at > until && this.#ended.size <= MOST_REMEMBERED) return;
      this.#ended.delete(handle);
      const job = this.#entries.get(handle)?.known.job;
      this.#entries.delete(handle);
      if (job === undefined) continue;
      const stem = stemOf(job);
      const newest = this.#newest.get(stem);
      if (newest === undefined || handleOf(job, newest) !== handle) continue;
      this.#newest.delete(stem);
      const twins = this.#twins.get(job.taskId);
      if (twins?.delete(stem) === true && twins.size === 0) this.#twins.delete(job.taskId);
    }
  }
}

function noop(): void {}
