import type { WorkJob, WorkLease } from './job.ts';

/** Where the tasks of one lane come from, and what is known there of those that are here. */
export interface Source {
  /** A worker asks for tasks, or did a moment ago. */
  touch(): void;
  /** A worker asks until it says otherwise. */
  hold(): () => void;
  /** Until then what is sent may be lost though a worker asks; undefined: nothing is. */
  readonly begun: Promise<void> | undefined;
  /** A task that waited here went to a worker, or left for good. */
  changed(): void;
  /** Tasks that wait here for a time. */
  readonly held: number;
  /** It is about to be handed out under this lease. False where its handle is that of another message with the same task id. */
  granted(lease: WorkLease): Promise<boolean>;
  extended(lease: WorkLease): Promise<void>;
  /** Its one result is on the bus. */
  finished(job: WorkJob): void;
  /** To be handed out again, after so long. True when that is forgotten should this process end. */
  again(job: WorkJob, afterMs: number): boolean;
  /** Its worker let the lease run out. */
  expired(lease: WorkLease): void;
  /** The process ends before its worker answered. */
  abandoned(lease: WorkLease): void;
  /** A task that another replica handed out, and that is answered here because that one is gone. */
  adopt(job: WorkJob): void;
  /** Takes no more from the bus. */
  stop(): Promise<void>;
  /** Gives everything back that waits here. */
  giveBack(): Promise<void>;
}
