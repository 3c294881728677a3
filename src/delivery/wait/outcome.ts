import type { TaskResult } from '../../contract/messages.ts';
import type { HeddleError } from '../../errors.ts';

/** How waiting for one task or goal ended. */
export type Outcome = Answered | DeadLettered | Malformed | TimedOut | Unheard | Lost;

/** The result came. */
export interface Answered {
  readonly kind: 'completed' | 'failed';
  readonly id: string;
  readonly result: TaskResult;
  /** The result exactly as it came. */
  readonly text: string;
  readonly subject: string;
  readonly elapsedMs: number;
  /** It came in a frame of generation C, and that was accepted. */
  readonly framed: boolean;
}

/** Whether the task or goal came to its end, well or not. */
export function isAnswered(outcome: Outcome): outcome is Answered {
  return outcome.kind === 'completed' || outcome.kind === 'failed';
}

/** The router refused it. */
export interface DeadLettered {
  readonly kind: 'dead_lettered';
  readonly id: string;
  /** In the router's words. */
  readonly reason: string;
  /** Worth sending again unchanged: the router had no capacity at that moment. */
  readonly retryable: boolean;
  readonly text: string;
  readonly elapsedMs: number;
}

/** An answer came, and is no result that Heddle would accept. */
export interface Malformed {
  readonly kind: 'malformed';
  readonly id: string;
  readonly problem: string;
  readonly text: string | undefined;
  readonly subject: string;
  readonly elapsedMs: number;
  /** What stands in it, where it is a result in a frame of generation C. */
  readonly framed?: TaskResult | undefined;
}

export interface TimedOut {
  readonly kind: 'timeout';
  readonly id: string;
  readonly timeoutMs: number;
  readonly elapsedMs: number;
  /** In words: the last thing that happened to it, as far as it could be seen. */
  readonly lastSeen: string | undefined;
  /** The connection was away meanwhile: an answer may have passed unseen. */
  readonly disconnections: number;
}

/** Nobody listened when it was published. */
export interface Unheard {
  readonly kind: 'unheard';
  readonly id: string;
  readonly elapsedMs: number;
}

/** Waiting could not go on: the connection is gone for good, a subscription was refused, or the caller gave up. */
export interface Lost {
  readonly kind: 'lost';
  readonly id: string;
  readonly error: HeddleError;
  readonly elapsedMs: number;
}

/** What happens on the way to the answer. */
export type Progress =
  | { readonly kind: 'stage'; readonly result: TaskResult; readonly framed: boolean; readonly atMs: number }
  /** The router refused a task of this goal's: its stage will wait until it times out. */
  | {
      readonly kind: 'stage_refused';
      readonly taskId: string;
      readonly workerType: string | undefined;
      readonly reason: string;
      readonly atMs: number;
    }
  /** The task itself says that it is under way. */
  | { readonly kind: 'status'; readonly status: string; readonly atMs: number }
  /** A message on our subject that is nobody's answer. */
  | { readonly kind: 'foreign'; readonly problem: string; readonly atMs: number }
  /** An answer that was still due when the wait for it had ended. */
  | { readonly kind: 'late'; readonly result: TaskResult; readonly atMs: number }
  /** The work was done twice: more answers than the task was sent. `first`: who gave the one before. */
  | {
      readonly kind: 'duplicate';
      readonly result: TaskResult;
      readonly first: string | undefined;
      readonly atMs: number;
    };
