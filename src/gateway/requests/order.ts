import { createHash } from 'node:crypto';
import { buildGoal } from '../../contract/build.ts';
import { encodeMessage } from '../../contract/encode.ts';
import { systemRandom } from '../../contract/ids.ts';
import type { ModelTier, Priority } from '../../contract/messages.ts';
import { pythonHazard } from '../../contract/python-hazard.ts';
import { taskText } from '../../contract/task-text.ts';
import {
  childSpan,
  newTrace,
  parseTraceparent,
  TRACE_KEY,
  type TraceContext,
  traceCarrier,
} from '../../contract/trace-context.ts';
import { wireTime } from '../../contract/wire-time.ts';
import { derivedId } from '../../delivery/derived-id.ts';
import { goalToSend, type Prepared, taskToSend } from '../../delivery/prepared.ts';
import { gatewayProblem } from '../problems.ts';
import type { Order } from './intake.ts';
import { REQUEST_PREFIX, type RequestRecord, taskIdOf } from './record.ts';

/** What is to be sent, with the JSON text of what others wrote: none of their numbers is written again. */
export type Work =
  | {
      readonly kind: 'task';
      readonly workerType: string;
      readonly tier: ModelTier | undefined;
      readonly priority: Priority | undefined;
      readonly payload: string;
      readonly metadata: string | undefined;
    }
  | {
      readonly kind: 'goal';
      readonly instruction: string;
      readonly priority: Priority | undefined;
      readonly context: string;
    };

/** Who wants it, and how. */
export interface Wish extends Pick<Order, 'ttlS' | 'again' | 'waitMs' | 'until'> {
  readonly id: string;
  readonly owner: string;
  /** The client that is told of it. Default: all of the owner. */
  readonly client?: string | undefined;
  readonly playbook?: string | undefined;
  /** The last token of the subject of a task's result. Default: the id, whose answer the gateway keeps. */
  readonly parent?: string | undefined;
  readonly bodyHash: string | undefined;
  /** Of the request over HTTP; it goes along as the message's request_id. */
  readonly requestId: string;
  readonly trace: TraceContext;
}

export function orderOf(work: Work, wish: Wish, now: number): Order {
  const prepared = preparedOf(work, wish, now);
  const record: RequestRecord = {
    id: wish.id,
    kind: work.kind,
    message_id: prepared.id,
    worker_type: work.kind === 'task' ? work.workerType : null,
    owner: wish.owner,
    client_id: wish.client ?? null,
    ...(wish.playbook !== undefined && { playbook: wish.playbook }),
    body_hash: wish.bodyHash ?? null,
    state: 'accepted',
    until: null,
    listener: null,
    traceparent: prepared.traceparent ?? null,
    created_at: wireTime(now),
    answer: null,
  };
  const { ttlS, again, waitMs, until } = wish;
  return { prepared, record, ttlS, again, waitMs, until };
}

function preparedOf(work: Work, { id, parent = id, requestId, trace }: Wish, now: number): Prepared {
  const carrier = traceCarrier(trace);
  const header = carrier.traceparent;
  if (work.kind === 'goal') {
    const { instruction, priority, context } = work;
    const sources = { now: () => now, uuid: () => id };
    const lane = { request_id: requestId, [TRACE_KEY]: carrier };
    const goal = buildGoal({ goal_id: id, instruction, priority, ...lane }, sources);
    const text = checked(withContext(encodeMessage(goal), context), '/context');
    return goalToSend(goal, text, { traceparent: header });
  }
  const { workerType, tier = 'standard', priority = 'normal', payload, metadata = '{}' } = work;
  const task = {
    task_id: taskIdOf(id),
    parent_task_id: parent,
    worker_type: workerType,
    payload,
    model_tier: tier,
    priority,
    created_at: wireTime(now),
    request_id: requestId,
    metadata,
    _trace_context: JSON.stringify(carrier),
  };
  return taskToSend(task, checked(taskText(task), '/payload'), { traceparent: header });
}

/** Quotes in the values before it are escaped, so the first match is the member. */
function withContext(message: string, raw: string): string {
  const empty = '"context":{}';
  const at = message.indexOf(empty) + empty.length - 2;
  return message.slice(0, at) + raw + message.slice(at + 2);
}

function checked(text: string, pointer: string): string {
  const hazard = pythonHazard(text);
  if (hazard === undefined) return text;
  const problem = hazard === 'nesting' ? 'is nested too deeply' : 'holds an integer of more than 4300 digits';
  throw gatewayProblem('invalid_message', {
    detail: `the message ${problem}, which ends the Python actor that reads it`,
    errors: [{ pointer, problem }],
  });
}

export function freshId(uuid: () => string): string {
  return REQUEST_PREFIX + uuid();
}

/** The same for the same key, also when the store has forgotten it. */
export function keyedId(...parts: readonly string[]): string {
  return REQUEST_PREFIX + derivedId(...parts);
}

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url');
}

/** Goes on with the trace of the caller, or begins one. */
export function traceFrom(headers: Readonly<Record<string, string | string[] | undefined>>): TraceContext {
  const parent = parseTraceparent(headers.traceparent, headers.tracestate);
  return parent === undefined ? newTrace(systemRandom) : childSpan(parent, systemRandom);
}
