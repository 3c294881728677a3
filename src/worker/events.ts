import type { SidecarEvent } from '../child/sidecar.ts';
import type { HeddleError } from '../errors.ts';

/** The ids that every line about a task carries. */
export interface TaskIds {
  readonly taskId: string;
  readonly parentTaskId: string | null;
  readonly workerType: string;
  readonly tier: string;
}

/** Everything a worker has to say. A new kind does not compile until the log shows it. */
export type WorkerEvent =
  | {
      readonly kind: 'worker_started';
      readonly name: string;
      readonly tier: string;
      readonly url: string;
      readonly subject: string;
      readonly queue: string;
      readonly concurrency: number;
      /** Of the config; undefined: none. */
      readonly timeoutMs: number | undefined;
    }
  /** Tasks come over HTTP, from a gateway. */
  | {
      readonly kind: 'via_started';
      readonly name: string;
      readonly tier: string;
      readonly url: string;
      readonly concurrency: number;
      readonly timeoutMs: number | undefined;
    }
  | { readonly kind: 'gateway_away'; readonly url: string; readonly reason: string }
  | { readonly kind: 'gateway_back'; readonly url: string }
  /** The task is no longer this worker's; it has no result of it. */
  | ({ readonly kind: 'lease_gone'; readonly reason: string } & TaskIds)
  | ({ readonly kind: 'task_taken' } & TaskIds)
  | ({
      readonly kind: 'task_done';
      readonly status: 'completed' | 'failed';
      readonly error: string | undefined;
      readonly ms: number;
      /** Time between arrival and start. */
      readonly waitedMs: number;
    } & TaskIds)
  /** It is no task that Heddle would take; nothing is published. */
  | { readonly kind: 'task_skipped'; readonly reason: string; readonly bytes: number }
  /** The connection went before the server confirmed: the result may or may not have arrived, and is not sent twice. */
  | ({ readonly kind: 'result_unconfirmed'; readonly reason: string } & TaskIds)
  /** The result did not leave: the bus refused it, or did not come back before the grace ended. */
  | ({ readonly kind: 'result_unsent'; readonly reason: string } & TaskIds)
  /** After a reconnect the result was sent again and again, and nobody was there to hear it. */
  | ({ readonly kind: 'result_unheard'; readonly reason: string } & TaskIds)
  /** The task's parent id can be no part of a subject: watchers of the default subject see the result, its sender does not. */
  | ({ readonly kind: 'result_redirected'; readonly to: string } & TaskIds)
  /** Tasks arrive faster than they are worked on. */
  | { readonly kind: 'backlog'; readonly waiting: number }
  | {
      readonly kind: 'handler_log';
      readonly level: 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>> | undefined;
      readonly taskId: string;
    }
  | { readonly kind: 'reset_failed'; readonly taskId: string; readonly reason: string }
  | ChildEvent
  | SidecarEvent
  | { readonly kind: 'config_reloaded'; readonly timeoutMs: number | undefined; readonly restartFor: readonly string[] }
  | { readonly kind: 'reload_refused'; readonly reason: string }
  | {
      readonly kind: 'worker_stopping';
      readonly running: number;
      readonly waiting: number;
      readonly graceMs: number;
      readonly reason: HeddleError | undefined;
    }
  | ({ readonly kind: 'worker_stopped' } & WorkerCounts);

/** News of the program that performs the tasks. */
export type ChildEvent =
  | { readonly kind: 'child_started'; readonly program: string; readonly pid: number }
  | { readonly kind: 'child_stderr'; readonly text: string; readonly taskId: string | undefined }
  /** It wrote something that is no answer to an open task. */
  | { readonly kind: 'child_stray'; readonly reason: string }
  | {
      readonly kind: 'child_died';
      readonly how: string;
      readonly failed: number;
      readonly restartMs: number | undefined;
    };

/** What a worker did so far. */
export interface WorkerCounts {
  readonly taken: number;
  readonly completed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly unconfirmed: number;
  readonly unsent: number;
  readonly unheard: number;
}
