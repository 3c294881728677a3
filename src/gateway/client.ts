// A client of a gateway, for programs without NATS. Nothing of Node's is imported: it works in a browser as well.

import type {
  ClientAction,
  ClientConnectOptions,
  ClientDirectory,
  ClientEvent,
  ClientEventsOptions,
  ClientGoal,
  ClientPollOptions,
  ClientPromise,
  ClientRequest,
  ClientResolved,
  ClientResult,
  ClientSendOptions,
  ClientSent,
  ClientTask,
  ClientTaskItem,
  ClientWorkerEvent,
} from './client-shapes.ts';

export type * from './client-shapes.ts';

/** Where a gateway is, and with which token it is asked. */
export interface GatewayClientOptions {
  /** Such as `https://gateway.example.com`. */
  readonly url: string;
  readonly token?: string | undefined;
  /** Default: that of the runtime. */
  readonly fetch?: typeof fetch | undefined;
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
