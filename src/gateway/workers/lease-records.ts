import { hash } from 'node:crypto';
import { readJsonObject } from '../../contract/decode-json.ts';
import { isHeddleError } from '../../errors.ts';
import type { Bucket } from '../../store/bucket.ts';
import { busDown } from '../bus.ts';
import { pathSafe } from '../lease/handle.ts';

/** The newest delivery of a task of a stream, for the other replicas. Times are milliseconds since 1970. */
export interface LeaseRecord {
  readonly handle: string;
  readonly lease_id: string;
  readonly owner: string;
  readonly lane: string;
  /** The message in the stream, and its delivery. */
  readonly seq: number;
  readonly token: string;
  readonly delivery: number;
  readonly attempt: number;
  /** What the next delivery will be: the same where this one does not count. */
  readonly next_attempt: number;
  /** JSON text. */
  readonly checkpoint: string | null;
  readonly granted_at: number;
  readonly expires_at: number;
}

/** One record a task, overwritten by each delivery: so a replica that reads it knows which handle is the newest. */
export class LeaseRecords {
  readonly #bucket: Bucket;

  constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  async open(ttlMs: number, mostBytes: number): Promise<void> {
    await this.#bucket.ensure({ ttlMs, maxValueBytes: mostBytes, maxBytes: 1024 * 1024 * 1024 }, { change: true });
  }

  /** Returns the revision. */
  async put(taskId: string, record: LeaseRecord): Promise<number> {
    return await asBusDown(this.#bucket.put(keyOf(pathSafe(taskId)), JSON.stringify(record)));
  }

  /** By the handle of any delivery. */
  async find(handle: string): Promise<{ readonly record: LeaseRecord; readonly revision: number } | undefined> {
    const entry = await asBusDown(this.#bucket.get(keyOf(handle.replace(/~\d+$/, ''))));
    const read = entry === undefined ? undefined : readJsonObject(entry.value);
    if (entry === undefined || read?.ok !== true) return undefined;
    return { record: read.value as unknown as LeaseRecord, revision: entry.revision };
  }

  /** Only while it is what it was; undefined when somebody else was faster. */
  async replace(record: LeaseRecord, revision: number): Promise<number | undefined> {
    const key = keyOf(record.handle.replace(/~\d+$/, ''));
    const done = await asBusDown(this.#bucket.update(key, JSON.stringify(record), revision));
    return done === 'changed' ? undefined : done;
  }

  /** Nobody waits for it: one that stays behind ends by its time. */
  forget(taskId: string, revision: number): void {
    const { erase } = this.#bucket;
    const gone = erase?.call(this.#bucket, revision) ?? this.#bucket.delete(keyOf(pathSafe(taskId)), { revision });
    gone.catch(() => {});
  }

  async close(): Promise<void> {
    await this.#bucket.close();
  }
}

function keyOf(id: string): string {
  return hash('sha256', id, 'base64url');
}

async function asBusDown<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    throw isHeddleError(thrown) ? busDown(thrown) : thrown;
  }
}
