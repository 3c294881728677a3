// What a client of a gateway takes and gives: for programs, so that nothing of Node's is imported.

/** A task, as POST /v1/tasks takes it. */
export interface ClientTask {
  readonly worker_type: string;
  readonly payload: object;
  readonly model_tier?: 'local' | 'standard' | 'frontier' | undefined;
  readonly priority?: 'low' | 'normal' | 'high' | 'critical' | undefined;
  readonly metadata?: object | undefined;
}

/** A goal, as POST /v1/goals takes it. */
export interface ClientGoal {
  readonly instruction: string;
  readonly context?: object | undefined;
  readonly priority?: 'low' | 'normal' | 'high' | 'critical' | undefined;
}

/** How work is sent. */
export interface ClientSendOptions {
  /** Waits so many seconds for the answer. Default: not at all. */
  readonly waitS?: number | undefined;
  /** The client that is told of it, alone. Default: all that listen with this token. */
  readonly clientId?: string | undefined;
  /** The same key with the same work is the same request, however often it is sent. */
  readonly idempotencyKey?: string | undefined;
  /** A trace to go on with (W3C). */
  readonly traceparent?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a worker or a pipeline answered, as it stands on the bus. */
export interface ClientResult {
  readonly task_id: string;
  readonly worker_type: string;
  readonly status: 'completed' | 'failed';
  readonly output?: Readonly<Record<string, unknown>> | null;
  readonly error?: string | null;
  readonly [key: string]: unknown;
}

/** The answer, where it was waited for and came; else where it will be. */
export type ClientSent =
  | { readonly kind: 'answered'; readonly result: ClientResult }
  | {
      readonly kind: 'accepted';
      readonly request_id: string;
      readonly listener: 'seen' | 'stored' | 'unknown' | null;
      readonly status_url: string;
    };

/** A request and, once `state` is `done`, its answer. */
export interface ClientRequest {
  readonly request_id: string;
  readonly kind: 'task' | 'goal';
  readonly state: 'running' | 'accepted' | 'done';
  readonly status: 'completed' | 'failed' | 'refused' | null;
  /** Why the router refused it. */
  readonly reason: string | null;
  /** It was larger than what the gateway keeps. */
  readonly result_omitted: boolean;
  readonly result: ClientResult | null;
}

/** What happened, as the gateway tells it: `task/result`, `goal/result`, `task/progress`, `goal/state`, `reset` and others. */
export interface ClientEvent {
  readonly event: string;
  /** The place behind it, from which another stream can go on; undefined where it moves none. */
  readonly id: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

/** From where, and as whom, it is listened. */
export interface ClientEventsOptions {
  /** The client that requests named. Default: a fresh one. */
  readonly clientId?: string | undefined;
  /** Goes on behind the event with this id. Default: from now on. */
  readonly lastEventId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A task that was handed out, under a lease. */
export interface ClientTaskItem {
  /** The handle of this delivery, by which it is answered. */
  readonly task_id: string;
  readonly lease_id: string;
  readonly heddle_task_id: string;
  readonly worker_type: string;
  readonly attempt: number;
  readonly lease_expires_at: string;
  readonly lease_ms: number;
  readonly payload: Readonly<Record<string, unknown>>;
  /** What an earlier worker put by. */
  readonly checkpoint?: unknown;
  readonly [key: string]: unknown;
}

/** Which tasks are asked for, and how long. */
export interface ClientPollOptions {
  /** Such as `ocr`, or `ocr.local` for one tier. */
  readonly taskTypes: readonly string[];
  /** Default 1. */
  readonly maxTasks?: number | undefined;
  /** Default 30000. */
  readonly timeoutMs?: number | undefined;
  /** For the gateway's directory. */
  readonly workerId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a worker says of a task: the result, a failure, or a sign of life. */
export type ClientAction =
  | {
      readonly action: 'complete';
      readonly output?: unknown;
      readonly model_used?: string | undefined;
      readonly token_usage?: Readonly<Record<string, number>> | undefined;
      readonly metadata?: object | undefined;
    }
  | {
      readonly action: 'fail';
      readonly error?: string | undefined;
      readonly failure_type?: 'retriable' | 'non_retriable' | 'retry_after' | undefined;
      readonly retry_after_ms?: number | undefined;
    }
  | { readonly action: 'release' }
  | { readonly action: 'pause'; readonly duration_ms: number; readonly checkpoint?: unknown }
  | { readonly action: 'checkpoint'; readonly data: unknown }
  | { readonly action: 'heartbeat' }
  | {
      readonly action: 'progress';
      readonly step?: unknown;
      readonly message?: unknown;
      readonly progress?: unknown;
      readonly data?: unknown;
    }
  | {
      readonly action: 'send_signal';
      readonly name: string;
      readonly data?: unknown;
      readonly run_id?: string | undefined;
    };

/** What is true of a task after an answer to it. */
export interface ClientResolved {
  readonly task_id: string;
  readonly status: 'completed' | 'failed' | 'retrying' | 'released' | 'paused' | 'leased';
  /** This very answer was there before. */
  readonly duplicate?: boolean | undefined;
  /** False where nobody knows whether the result arrived on the bus; it is not sent again, and there is nothing more to do. */
  readonly confirmed?: false | undefined;
  readonly [key: string]: unknown;
}

/** As what a worker says that it is there. */
export interface ClientConnectOptions {
  /** 1 to 128 printable characters without blanks; it stands in the directory. */
  readonly workerId: string;
  readonly taskTypes: readonly string[];
  /** How many tasks it works on at one time. Default 1. */
  readonly maxTasks?: number | undefined;
  /** Tasks come as events, and need no polls. Default false. */
  readonly push?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a gateway promises to the workers of a type, as GET /v1/contract shows it. */
export interface ClientPromise {
  readonly task_type: string;
  readonly mode: 'core' | 'durable';
  readonly lease_ms: number;
  readonly max_attempts: number;
  readonly [key: string]: unknown;
}

/**
 * News for a worker that is connected. A task is handed out as a poll hands it out, and answered before another one comes beyond
 * `maxTasks`. After `bye` the stream ends: what was handed out is still to be answered, and it connects again, which throws where the token
 * is good no more.
 */
export type ClientWorkerEvent =
  | { readonly event: 'connected'; readonly connectionId: string; readonly types: readonly ClientPromise[] }
  | { readonly event: 'task'; readonly task: ClientTaskItem }
  | { readonly event: 'bye' };

/** Who works over HTTP, and what waits for them: GET /v1/workers. */
export interface ClientDirectory {
  /** False where each replica knows its own workers alone. */
  readonly shared_by_replicas: boolean;
  /** Those that give a name, and were heard of in the last minute. */
  readonly workers: readonly {
    readonly worker_id: string;
    readonly task_types: readonly string[];
    readonly max_tasks: number;
    readonly connected_by: 'stream' | 'poll';
    readonly push: boolean;
    readonly gateway: string;
    readonly connected_at: string;
    readonly last_seen: string;
    readonly [key: string]: unknown;
  }[];
  /** At the replica that answered. */
  readonly here: {
    readonly polls: number;
    readonly connections: number;
    readonly types: readonly {
      readonly type: string;
      readonly tier: string;
      readonly buffered: number;
      readonly leases: number;
    }[];
  };
}
