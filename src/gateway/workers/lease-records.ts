import { hash } from 'node:crypto';
import { readJsonObject } from '../../contract/decode-json.ts';
import type { Bucket } from '../../store/bucket.ts';
import { handleOf, stemIn, stemOf } from '../lease/handle.ts';
import type { Job } from '../lease/lease.ts';
import { orStoreProblem } from '../store-problem.ts';
import type { StoredTask, WorkLease } from './job.ts';
import type { LeaseRecord } from './lease-record.ts';

/** `toWallClock`: from the clock that nobody sets to the time of day, which all replicas have. */
export function recordOf(lease: WorkLease, stored: StoredTask, nextAttempt: number, toWallClock: number): LeaseRecord {
  const { job, handle, leaseId, owner, delivery, grantedAt, expiresAt } = lease;
  const { lane, attempt, memo } = job;
  const { seq, token } = stored;
  return {
    handle,
    lease_id: leaseId,
    owner,
    lane,
    seq,
    token,
    delivery,
    attempt,
    next_attempt: nextAttempt,
    checkpoint: memo.checkpoint ?? null,
    granted_at: grantedAt + toWallClock,
    expires_at: expiresAt + toWallClock,
  };
}

type Named = Pick<Job, 'taskId' | 'twin'>;

/** One record a message, overwritten by each delivery: so a replica that reads it knows which handle is the newest. */
export class LeaseRecords {
  readonly #bucket: Bucket;

  constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  async open(ttlMs: number, mostBytes: number): Promise<void> {
    await this.#bucket.ensure({ ttlMs, maxValueBytes: mostBytes, maxBytes: 1024 * 1024 * 1024 }, { change: true });
  }

  /** Returns the revision. */
  async put(job: Named, record: LeaseRecord): Promise<number> {
    return await orStoreProblem(this.#bucket.put(keyOf(stemOf(job)), JSON.stringify(record)));
  }

  /** The first of a message. Returns the revision; undefined where its id is that of another message that is worked on. */
  async first(job: Named, record: LeaseRecord): Promise<number | undefined> {
    const made = await orStoreProblem(this.#bucket.create(keyOf(stemOf(job)), JSON.stringify(record)));
    if (made !== 'exists') return made;
    const found = await this.find(record.handle);
    // Of a message that is gone, the record is on its way out, too.
    return found !== undefined && found.record.seq !== record.seq ? undefined : await this.put(job, record);
  }

  /** What was recorded of a message before, under its task id or as the twin of another one. */
  async earlier(taskId: string, seq: number) {
    for (const twin of [undefined, seq]) {
      const found = await this.find(handleOf({ taskId, twin }, 1));
      if (found?.record.seq === seq) return { ...found, twin };
    }
    return undefined;
  }

  /** Takes a lease out for good; false where another replica has taken it over. */
  async end(job: Named, revision: number): Promise<boolean> {
    return (await orStoreProblem(this.#bucket.delete(keyOf(stemOf(job)), { revision }))) === 'deleted';
  }

  /** By the handle of any delivery. */
  async find(handle: string): Promise<{ readonly record: LeaseRecord; readonly revision: number } | undefined> {
    const entry = await orStoreProblem(this.#bucket.get(keyOf(stemIn(handle))));
    const read = entry === undefined ? undefined : readJsonObject(entry.value);
    if (entry === undefined || read?.ok !== true) return undefined;
    return { record: read.value as unknown as LeaseRecord, revision: entry.revision };
  }

  /** Only while it is what it was; undefined when somebody else was faster. */
  async replace(record: LeaseRecord, revision: number): Promise<number | undefined> {
    const key = keyOf(stemIn(record.handle));
    const done = await orStoreProblem(this.#bucket.update(key, JSON.stringify(record), revision));
    return done === 'changed' ? undefined : done;
  }

  /** Nobody waits for it: one that stays behind ends by its time. */
  forget(job: Named, revision: number): void {
    const bucket = this.#bucket;
    if (bucket.erase === undefined) return void bucket.delete(keyOf(stemOf(job)), { revision }).catch(() => {});
    try {
      bucket.erase(revision);
    } catch {
      // The connection is gone for good.
    }
  }

  async close(): Promise<void> {
    await this.#bucket.close();
  }
}

function keyOf(stem: string): string {
  return hash('sha256', stem, 'base64url');
}
