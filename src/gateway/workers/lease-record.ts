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
  /** 0: it was given back. */
  readonly expires_at: number;
}
