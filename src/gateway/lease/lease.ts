/** A task that is handed out, again and again until it has its one answer. */
export interface Job {
  readonly taskId: string;
  /** Tells this message from another one with the same task id, which had the id for its handles first. */
  readonly twin?: number | undefined;
  /** The type and tier by which workers ask for it. */
  readonly lane: string;
  /** From 1; another one begins when a worker failed or did not answer in time. */
  readonly attempt: number;
  /** How often it was handed out before it came to this process. */
  readonly deliveries: number;
}

/** The right of one worker to answer for one delivery of a task, for a time. */
export interface Lease<J extends Job = Job> {
  readonly job: J;
  readonly handle: string;
  readonly leaseId: string;
  /** Who holds it: the name of the token. */
  readonly owner: string;
  readonly delivery: number;
  /** How long it lasts, and from when on again with each sign of life. */
  readonly termMs: number;
  /** By the clock that nobody sets. */
  readonly grantedAt: number;
  readonly expiresAt: number;
}

/** What is kept of a lease that ended; its task is not: there are many of them, and tasks are large. */
export interface Remembered extends Pick<Lease, 'handle' | 'leaseId' | 'owner'> {
  readonly job: Pick<Job, 'taskId' | 'lane'>;
}

/** How a lease ended without an answer of its worker. */
export type Lapse =
  /** Its time is over, and the task was not handed out again yet. */
  | 'expired'
  /** The task was taken from the worker: handed to another one, answered by somebody else, or its delivery did not arrive. */
  | 'superseded';

/** What is known of a handle. */
export type Found<J extends Job, A> =
  | { readonly kind: 'open'; readonly lease: Lease<J> }
  | { readonly kind: 'resolved'; readonly lease: Remembered; readonly digest: string; readonly answer: A }
  | { readonly kind: Lapse; readonly lease: Remembered }
  | { readonly kind: 'unknown' };

/** What became of an answer to a lease. */
export type Settled<A> =
  | { readonly kind: 'settled'; readonly answer: A; readonly duplicate: boolean }
  /** Another answer was there before. */
  | { readonly kind: 'other_answer' }
  /** It ended while this answer waited for another one. */
  | { readonly kind: Lapse };
