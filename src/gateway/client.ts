// A client of a gateway, for programs without NATS. Nothing of Node's is imported: it works in a browser as well.

/** Where a gateway is, and with which token it is asked. */
export interface GatewayClientOptions {
  /** Such as `https://gateway.example.com`. */
  readonly url: string;
  readonly token?: string | undefined;
  /** Default: that of the runtime. */
  readonly fetch?: typeof fetch | undefined;
}

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

/** An answer that is a problem: `code` is stable, `retryable` says whether the same may succeed later. */
export class GatewayError extends Error {
  readonly code: string;
  readonly status: number;
  readonly retryable: boolean;
  readonly requestId: string | undefined;
  /** When to try again, in seconds. */
  readonly retryAfterS: number | undefined;
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[];

  constructor(status: number, problem: Readonly<Record<string, unknown>>, retryAfter: string | null) {
    super(typeof problem.detail === 'string' ? problem.detail : `the gateway answered ${status}`);
    this.name = 'GatewayError';
    this.status = status;
    this.code = typeof problem.code === 'string' ? problem.code : 'unknown';
    this.retryable = problem.retryable === true;
    this.requestId = typeof problem.request_id === 'string' ? problem.request_id : undefined;
    this.retryAfterS = retryAfter === null ? undefined : Number(retryAfter);
    this.errors = Array.isArray(problem.errors) ? problem.errors : [];
  }
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

/** What a gateway can be asked. Throws `GatewayError` for problems, and what `fetch` throws where there is no answer. */
export interface GatewayClient {
  sendTask(task: ClientTask, options?: ClientSendOptions): Promise<ClientSent>;
  sendGoal(goal: ClientGoal, options?: ClientSendOptions): Promise<ClientSent>;
  request(id: string): Promise<ClientRequest>;
  forget(id: string): Promise<void>;
  /**
   * What happens to all that was sent with this token. Comes back by itself where the connection ends, and goes on where it was: what
   * cannot be told any more is a `reset`. Ends when it is aborted.
   */
  events(options?: ClientEventsOptions): AsyncIterable<ClientEvent>;
  /** What happens to one request, up to its result. */
  requestEvents(id: string, options?: Omit<ClientEventsOptions, 'clientId'>): AsyncIterable<ClientEvent>;
  /**
   * For workers: says that one is there, and takes tasks where it wants them pushed. Comes back by itself where the connection ends;
   * tasks that were handed out before are still to be answered. Ends when it is aborted.
   */
  connect(options: ClientConnectOptions): AsyncIterable<ClientWorkerEvent>;
  /** Who works over HTTP with this gateway. */
  workers(): Promise<ClientDirectory>;
  /** For workers: the first tasks that there are; an empty list when none came in time. */
  poll(options: ClientPollOptions): Promise<readonly ClientTaskItem[]>;
  /** For workers: answers a task, under its lease. */
  resolve(task: Pick<ClientTaskItem, 'task_id' | 'lease_id'>, action: ClientAction): Promise<ClientResolved>;
  /** For workers: waits for a signal of another task of the run. Throws `signal_timeout` when none comes. */
  waitSignal(
    task: Pick<ClientTaskItem, 'task_id' | 'lease_id'>,
    signal: { readonly name: string; readonly timeoutMs: number; readonly runId?: string | undefined },
  ): Promise<unknown>;
}

/** A client of the gateway at this address. */
export function gatewayClient({ url, token, fetch: ask = fetch }: GatewayClientOptions): GatewayClient {
  const base = url.replace(/\/+$/, '');
  const call = async (method: string, path: string, more: RequestInit = {}): Promise<Response> => {
    const headers = { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...more.headers };
    const response = await ask(base + path, { ...more, method, headers });
    if (response.ok) return response;
    const problem = await response.json().catch(() => ({}));
    throw new GatewayError(response.status, problem as Record<string, unknown>, response.headers.get('retry-after'));
  };
  const send = async (path: string, work: object, options: ClientSendOptions = {}): Promise<ClientSent> => {
    const { waitS, clientId, idempotencyKey, traceparent, signal } = options;
    const response = await call('POST', path, {
      body: JSON.stringify(work),
      signal: signal ?? null,
      headers: {
        'content-type': 'application/json',
        ...(waitS === undefined ? {} : { prefer: `wait=${waitS}` }),
        ...(clientId === undefined ? {} : { 'heddle-client-id': clientId }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        ...(traceparent === undefined ? {} : { traceparent }),
      },
    });
    const body = (await response.json()) as unknown;
    return response.status === 200
      ? { kind: 'answered', result: body as ClientResult }
      : { ...(body as Omit<ClientSent & { kind: 'accepted' }, 'kind'>), kind: 'accepted' };
  };
  const mayPass = (thrown: unknown): boolean => !(thrown instanceof GatewayError) || thrown.status >= 500;
  async function* listen(path: string, options: ClientEventsOptions, end: string): AsyncGenerator<ClientEvent> {
    // Loaded where somebody listens.
    const { follow } = await import('./client-events.ts');
    const { signal = null } = options;
    const ask = (query: string, headers: Readonly<Record<string, string>>) =>
      call('GET', path + query, { headers, signal });
    for await (const event of follow(ask, mayPass, options)) {
      yield event;
      if (event.event.endsWith(end)) return;
    }
  }
  async function* connect({
    workerId,
    taskTypes,
    maxTasks,
    push,
    signal,
  }: ClientConnectOptions): AsyncGenerator<ClientWorkerEvent> {
    const { follow } = await import('./client-events.ts');
    const body = JSON.stringify({ worker_id: workerId, task_types: taskTypes, max_tasks: maxTasks, push });
    const headers = { 'content-type': 'application/json' };
    const ask = () => call('POST', '/v1/workers/connect', { body, headers, signal: signal ?? null });
    for await (const { event, data } of follow(ask, mayPass, { signal })) {
      if (event === 'task') yield { event, task: data as unknown as ClientTaskItem };
      else if (event === 'bye') yield { event };
      else if (event === 'connected') {
        yield { event, connectionId: String(data.connection_id), types: data.types as readonly ClientPromise[] };
      }
    }
  }
  const post = async (path: string, body: object, signal?: AbortSignal): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' };
    const response = await call('POST', path, { body: JSON.stringify(body), signal: signal ?? null, headers });
    return (await response.json()) as unknown;
  };
  const answer = (task: Pick<ClientTaskItem, 'task_id' | 'lease_id'>, action: object): Promise<unknown> =>
    post(`/v1/tasks/${encodeURIComponent(task.task_id)}/resolve`, { ...action, lease_id: task.lease_id });
  return {
    sendTask: (task, options) => send('/v1/tasks', task, options),
    sendGoal: (goal, options) => send('/v1/goals', goal, options),
    request: async (id) => (await (await call('GET', placeOf(id))).json()) as ClientRequest,
    events: (options = {}) => listen('/v1/events', options, '\n'),
    requestEvents: (id, options = {}) => listen(`${placeOf(id)}/events`, options, '/result'),
    connect,
    workers: async () => (await (await call('GET', '/v1/workers')).json()) as ClientDirectory,
    forget: async (id) => void (await call('DELETE', placeOf(id))),
    poll: async ({ taskTypes, maxTasks, timeoutMs = 30_000, workerId, signal }) => {
      const wanted = { task_types: taskTypes, max_tasks: maxTasks, timeout_ms: timeoutMs, worker_id: workerId };
      return (await post('/v1/tasks/poll', wanted, signal)) as readonly ClientTaskItem[];
    },
    resolve: async (task, action) => (await answer(task, action)) as ClientResolved,
    waitSignal: async (task, { name, timeoutMs, runId }) =>
      await answer(task, { action: 'wait_signal', name, timeout_ms: timeoutMs, run_id: runId }),
  };
}

function placeOf(id: string): string {
  return `/v1/requests/${encodeURIComponent(id)}`;
}
