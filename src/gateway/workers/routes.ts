import type { JsonObject } from '../../contract/json.ts';
import { jsonReply, route } from '../../http/route.ts';
import type { GatewayRoute } from '../gateway-route.ts';
import type { GatewayProblemCode } from '../problems.ts';
import { ACTIONS, FAILURE_TYPES } from './action.ts';
import type { Bridge } from './bridge.ts';
import { connect } from './connect.ts';
import type { Directory } from './directory.ts';
import { poll } from './poll.ts';
import { type ResolveTools, resolve } from './resolve.ts';
import type { StreamRoom } from './stream-room.ts';

/** What the routes work with, once it is open. */
export interface WorkersOpen extends ResolveTools {
  readonly bridge: Bridge;
  readonly directory: Directory;
  readonly room: StreamRoom;
}

const TYPES = {
  type: 'array',
  minItems: 1,
  maxItems: 20,
  items: { type: 'string' },
  description: '"ocr" or "ocr.local".',
};
const MAX_TASKS = { type: 'integer', minimum: 1, maximum: 100, default: 1 };
const ANY_JSON = { description: 'Any JSON.' };

const CONNECT: JsonObject = {
  type: 'object',
  required: ['worker_id', 'task_types'],
  properties: {
    worker_id: { type: 'string', minLength: 1, maxLength: 128 },
    task_types: TYPES,
    max_tasks: MAX_TASKS,
    push: { type: 'boolean', description: 'Tasks come as events of this stream, max_tasks at a time.' },
  },
};

const POLL: JsonObject = {
  type: 'object',
  required: ['task_types'],
  properties: {
    task_types: TYPES,
    max_tasks: MAX_TASKS,
    timeout_ms: { type: 'integer', minimum: 0, default: 5000, description: 'In all; more than 60000 is 60000.' },
    worker_id: { type: 'string', maxLength: 128, description: 'For the directory.' },
  },
};

const ITEM: JsonObject = {
  type: 'object',
  required: ['task_id', 'lease_id', 'heddle_task_id', 'worker_type', 'attempt', 'lease_expires_at', 'payload'],
  properties: {
    task_id: { type: 'string', description: 'The handle of this delivery: the {id} of its answer, without encoding.' },
    lease_id: { type: 'string' },
    heddle_task_id: { type: 'string', description: 'The id on the bus.' },
    worker_type: { type: 'string' },
    model_tier: { type: 'string' },
    parent_task_id: { type: ['string', 'null'] },
    request_id: { type: ['string', 'null'] },
    run_id: { type: 'string' },
    step_id: { type: 'string' },
    iteration: { const: 0 },
    attempt: { type: 'integer', minimum: 1 },
    lease_expires_at: { type: 'string', format: 'date-time' },
    lease_ms: { type: 'integer', description: 'How long it lasts after each sign of life.' },
    payload: { type: 'object' },
    input: { type: 'object', description: 'The payload under another name.' },
    metadata: { type: 'object' },
    checkpoint: { description: 'What a worker put by for the next one.' },
    traceparent: { type: 'string' },
    tracestate: { type: 'string' },
  },
};

const RESOLVE: JsonObject = {
  type: 'object',
  required: ['action'],
  properties: {
    action: { enum: [...ACTIONS] },
    lease_id: { type: 'string', description: 'Of the item; the handle alone is enough unless the config asks for it.' },
    output: { description: 'complete: an object; anything else is wrapped where the type allows that.' },
    model_used: { type: 'string' },
    token_usage: { type: 'object' },
    metadata: { type: 'object' },
    error: { type: 'string' },
    failure_type: { enum: [...FAILURE_TYPES], default: 'retriable' },
    retry_after_ms: { type: 'integer', minimum: 100, maximum: 3_600_000 },
    duration_ms: { type: 'integer', minimum: 1, maximum: 3_600_000, description: 'pause' },
    checkpoint: ANY_JSON,
    data: ANY_JSON,
    step: ANY_JSON,
    message: ANY_JSON,
    progress: ANY_JSON,
    name: { type: 'string', description: 'Of a signal.' },
    run_id: { type: 'string', description: 'Default: the run of the task.' },
    timeout_ms: { type: 'integer', minimum: 1, maximum: 3_600_000, description: 'wait_signal' },
  },
};

const TOLD: JsonObject = {
  type: 'object',
  required: ['task_id', 'status'],
  properties: {
    task_id: { type: 'string' },
    status: { enum: ['completed', 'failed', 'retrying', 'released', 'paused', 'leased'] },
    duplicate: { type: 'boolean', description: 'This very answer was here before.' },
    retried: { type: 'boolean' },
    next_attempt: { type: 'integer' },
    retry_after_ms: { type: 'integer' },
    duration_ms: { type: 'integer' },
    volatile: { type: 'boolean', description: 'Forgotten when the gateway ends.' },
    lease_expires_at: { type: 'string', format: 'date-time' },
    confirmed: {
      const: false,
      description:
        'Nobody knows whether the result is on the bus; it is not sent again, and the worker has nothing to do.',
    },
    detail: { type: 'string', description: 'What that means.' },
    published: { type: 'boolean', description: 'progress: whether it is on the bus.' },
    error: { type: 'string' },
  },
};

const ASKING: readonly GatewayProblemCode[] = ['unknown_task_type', 'bus_down', 'store_unavailable'];
const RESOLVING: readonly GatewayProblemCode[] = [
  'unsupported_action',
  'invalid_action',
  'invalid_output',
  'unknown_task',
  'stale_lease',
  'already_resolved',
  'lease_expired',
  'lease_lost',
  'signal_timeout',
  'bus_down',
  'store_unavailable',
  'unconfirmed',
];

/** The three routes of workers, in the form of other bridges, and who is there. */
export function workerRoutes(open: () => WorkersOpen): readonly GatewayRoute[] {
  return [
    {
      ...route({
        method: 'POST',
        path: '/v1/workers/connect',
        summary:
          'Says that a worker is there, as long as the stream of events stands; hands out tasks on it where asked to.',
        scope: 'work',
        request: { schema: CONNECT },
        responses: { 200: { description: 'connected, heartbeat, task, bye', type: 'text/event-stream' } },
        run: (context) => connect(open().bridge, open().directory, context),
      }),
      problems: ASKING,
    },
    {
      ...route({
        method: 'POST',
        path: '/v1/tasks/poll',
        summary: 'Waits for the first task of these types, and hands it out under a lease.',
        scope: 'work',
        request: { schema: POLL },
        responses: {
          200: {
            description: 'The tasks; an empty list when none came in time.',
            type: 'application/json',
            schema: { type: 'array', items: ITEM },
            headers: { 'heddle-poll-timeout': 'How long was waited at most, in milliseconds.' },
          },
        },
        run: (context) => {
          const { bridge, directory } = open();
          return poll(bridge, directory, context);
        },
      }),
      problems: ASKING,
    },
    {
      ...route({
        method: 'POST',
        path: '/v1/tasks/{id}/resolve',
        summary: 'Answers a task that was handed out, or gives a sign of life of it.',
        scope: 'work',
        request: { schema: RESOLVE },
        responses: {
          200: {
            description: 'What is true now; the signal, where one was waited for.',
            type: 'application/json',
            schema: TOLD,
          },
        },
        run: (context) => resolve(open(), context.params.id, context),
      }),
      problems: RESOLVING,
    },
    route({
      method: 'GET',
      path: '/v1/workers',
      summary: 'The workers over HTTP that were heard of in the last minute, and what waits for them.',
      scope: 'work',
      responses: { 200: { description: 'the directory', type: 'application/json' } },
      run: async () => {
        const { bridge, directory } = open();
        const { lanes, polls, connections } = bridge.gauges();
        return jsonReply(200, {
          schema_version: 1,
          shared_by_replicas: directory.isShared,
          workers: await directory.list(),
          here: { polls, connections, types: lanes },
        });
      },
    }),
  ];
}
