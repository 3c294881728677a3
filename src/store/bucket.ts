import type { Ensured } from './stream.ts';

/**
 * Values by key, each with a revision. The same homes as for streams. A whole bucket has one lifetime, and what ends by it
 * is gone without a word: no watch tells it.
 */
export interface Bucket {
  readonly name: string;
  /** As for a stream. */
  ensure(limits: BucketLimits, options?: { readonly change?: boolean | undefined }): Promise<Ensured>;
  get(key: string): Promise<BucketEntry | undefined>;
  /** Only where there is no value now. */
  create(key: string, value: Uint8Array | string): Promise<number | 'exists'>;
  /** Only where the value is still that of the revision. */
  update(key: string, value: Uint8Array | string, revision: number): Promise<number | 'changed'>;
  put(key: string, value: Uint8Array | string): Promise<number>;
  /** A key that is not there is no error. With a revision: only where the value is still that of it. */
  delete(key: string, options?: { readonly revision?: number | undefined }): Promise<'deleted' | 'changed'>;
  /** The keys that match the pattern now, sorted. Default all. */
  keys(pattern?: string): Promise<readonly string[]>;
  /**
   * What there is, then `current`, then each change. Of a key that changes faster than it is read, only the latest is told.
   * Ends, resumes and throws as a reading does.
   */
  watch(options?: WatchOptions): AsyncIterable<BucketChange>;
  /**
   * Absent where values do not travel over the connection on which everything else is published. Hands a write to that connection at
   * once, in its place between what is published before and after, and does not wait: what is found there later tells how far the
   * connection came.
   */
  putInStep?(key: string, value: string): void;
  /**
   * Absent where deleting leaves nothing behind anyhow. Has the value of this revision removed, in its place as `putInStep`, and leaves
   * no mark: no watch tells it, and a bucket through which many keys pass does not grow. Nobody tells whether it is gone.
   */
  erase?(revision: number): void;
  /** Removes the bucket itself with all its values. One that is not there is no error. */
  destroy(): Promise<void>;
  close(): Promise<void>;
}

export interface BucketLimits {
  /** From the last write of a value to its end. */
  readonly ttlMs?: number | undefined;
  readonly maxValueBytes?: number | undefined;
  /** A full bucket refuses what would not fit; it evicts nothing. */
  readonly maxBytes?: number | undefined;
}

export interface BucketEntry {
  readonly key: string;
  readonly value: Uint8Array;
  /** Higher than that of every earlier write to the bucket. */
  readonly revision: number;
  /** Milliseconds since 1970, when it was written. */
  readonly at: number;
}

export interface WatchOptions {
  /** As for a subject: `req.*`, `cli.7.>`. Default all keys. */
  readonly pattern?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type BucketChange =
  | ({ readonly kind: 'put' } & BucketEntry)
  | { readonly kind: 'deleted'; readonly key: string; readonly revision: number }
  /** Everything that was there at the beginning has been told. */
  | { readonly kind: 'current' };
