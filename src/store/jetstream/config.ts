import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream';
import type { BucketLimits } from '../bucket.ts';
import { dedupeMsOf } from '../limits.ts';
import type { StreamLimits } from '../stream.ts';

/** What a server is told besides the limits, and the other homes have no use for. */
export interface Keeping {
  /** Servers of a cluster that have it. Default 1. */
  readonly replicas?: number | undefined;
  /** Default `file`. */
  readonly storage?: 'file' | 'memory' | undefined;
}

/** How a bucket is read. */
export interface Exactness {
  /**
   * Reads of a key ask the server that takes the writes, and a watch counts as current when it has all that this one had: else both
   * may be a moment behind in a cluster. Needs the right to ask it.
   */
  readonly exact?: boolean | undefined;
}

const NS = 1_000_000;

/** A new stream as the server takes it. */
export function streamConfig(
  name: string,
  limits: StreamLimits,
  keeping: Keeping,
): Partial<StreamConfig> & { name: string } {
  return {
    name,
    // The server's own default for a stream that is told none.
    subjects: [...(limits.subjects ?? [name])],
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    no_ack: false,
    storage: keeping.storage === 'memory' ? StorageType.Memory : StorageType.File,
    num_replicas: keeping.replicas ?? 1,
    max_msgs: limits.maxMessages ?? -1,
    max_bytes: limits.maxBytes ?? -1,
    max_age: (limits.maxAgeMs ?? 0) * NS,
    duplicate_window: dedupeMsOf(limits) * NS,
  };
}

/** What is to be another than it is. */
export function streamChange(limits: StreamLimits, keeping: Keeping, is: StreamLimits): Partial<StreamConfig> {
  const { subjects, maxMessages, maxBytes, maxAgeMs } = limits;
  // A window longer than the age is refused.
  const dedupeMs = limits.dedupeMs ?? Math.min(dedupeMsOf(is), maxAgeMs ?? Number.POSITIVE_INFINITY);
  return {
    ...(subjects && { subjects: [...subjects] }),
    ...(maxMessages && { max_msgs: maxMessages }),
    ...(maxBytes && { max_bytes: maxBytes }),
    ...(maxAgeMs && { max_age: maxAgeMs * NS }),
    ...(keeping.replicas && { num_replicas: keeping.replicas }),
    ...(keeping.storage && { storage: keeping.storage === 'memory' ? StorageType.Memory : StorageType.File }),
    duplicate_window: dedupeMs * NS,
    discard: DiscardPolicy.Old,
    no_ack: false,
  };
}

export function streamLimits(config: StreamConfig): StreamLimits {
  return {
    subjects: config.subjects,
    maxMessages: limitOf(config.max_msgs),
    maxBytes: limitOf(config.max_bytes),
    maxAgeMs: limitOf(config.max_age / NS),
    dedupeMs: limitOf(config.duplicate_window / NS),
  };
}

export function bucketLimits(config: StreamConfig): BucketLimits {
  return {
    ttlMs: limitOf(config.max_age / NS),
    maxValueBytes: limitOf(config.max_msg_size),
    maxBytes: limitOf(config.max_bytes),
  };
}

export function bucketChange(limits: BucketLimits, keeping: Keeping): Partial<StreamConfig> {
  const { ttlMs, maxValueBytes, maxBytes } = limits;
  return {
    ...(ttlMs && { max_age: ttlMs * NS, duplicate_window: dedupeMsOf({ maxAgeMs: ttlMs }) * NS }),
    ...(maxValueBytes && { max_msg_size: maxValueBytes }),
    ...(maxBytes && { max_bytes: maxBytes }),
    ...(keeping.replicas && { num_replicas: keeping.replicas }),
  };
}

export function keepingOf(config: StreamConfig): Record<keyof Keeping, number | string> {
  return { replicas: config.num_replicas, storage: config.storage === StorageType.Memory ? 'memory' : 'file' };
}

/**
 * How every stream behaves here: it keeps by its limits alone, makes room by letting the oldest go, and says when it has taken
 * something. One that says nothing makes the server believe that somebody listens.
 */
export const OUR_MANNERS = { retention: 'limits', discard: 'old', confirms: 'yes' } as const;

export function mannersOf({ retention, discard, no_ack }: StreamConfig): Record<keyof typeof OUR_MANNERS, string> {
  return { retention, discard, confirms: no_ack ? 'no' : 'yes' };
}

/** The server says 0 or -1 for none. */
function limitOf(value: number | undefined): number | undefined {
  return value === undefined || value <= 0 ? undefined : value;
}
