import { type Context, jsonReply, type Reply } from '../../http/route.ts';
import type { Core } from '../core.ts';
import { gatewayProblem, RETRY_AFTER_S } from '../problems.ts';
import type { Taken } from './intake.ts';
import type { KeptRequest, RequestRecord } from './record.ts';

/** Counts and logs work that is on its way. */
export function published(core: Core, { record, duplicate }: Taken, requestId: string): void {
  const { kind, message_id: id, listener } = record;
  if (duplicate) return core.metrics.work(kind, 'duplicate');
  core.metrics.work(kind, 'accepted');
  if (listener !== null) core.metrics.heard(listener);
  core.log({ kind: 'work_published', what: kind, id, listener: listener ?? 'unknown', requestId });
}

/** 200 with the result when it is there and somebody waited; else 202 with where to look. */
export function replyTo(core: Core, taken: Taken, waited: number | undefined): Reply {
  const { record, duplicate, outcome, kept } = taken;
  const headers: Record<string, string> = { 'heddle-store': core.store.kind, location: statusUrl(core, record) };
  if (record.traceparent !== null) headers.traceparent = record.traceparent;
  if (duplicate) headers['idempotent-replayed'] = 'true';
  if (waited !== undefined) headers['preference-applied'] = `wait=${waited}`;
  if (waited !== undefined && outcome !== undefined) {
    switch (outcome.kind) {
      case 'completed':
      case 'failed':
        core.metrics.work(record.kind, outcome.kind);
        return resultReply(outcome.text, outcome.kind, headers);
      case 'dead_lettered':
        core.metrics.work(record.kind, 'refused');
        throw refusedByRouter(outcome.reason, outcome.retryable);
      case 'malformed':
        core.metrics.work(record.kind, 'unreadable');
        throw gatewayProblem('answer_unreadable', { detail: `an answer came that is no result: ${outcome.problem}` });
      default:
    }
  }
  const answer = kept?.record.answer;
  if (waited !== undefined && answer) {
    if (answer.status === 'refused') throw refusedByRouter(answer.reason ?? '', false);
    if (kept?.result !== undefined) return resultReply(kept.result, answer.status, headers);
  }
  return jsonReply(202, acceptedDocument(core, record), headers);
}

function resultReply(text: string, status: string, headers: Readonly<Record<string, string>>): Reply {
  return { status: 200, type: 'application/json', headers: { ...headers, 'heddle-task-status': status }, body: text };
}

function acceptedDocument(core: Core, record: RequestRecord): unknown {
  const id = record.kind === 'goal' ? { goal_id: record.message_id } : { task_id: record.message_id };
  return { request_id: record.id, ...id, listener: record.listener, status_url: statusUrl(core, record) };
}

function statusUrl(core: Core, { id }: RequestRecord): string {
  return `${core.live().config.publicUrl ?? ''}/v1/requests/${id}`;
}

/** A request as its owner sees it, with the result exactly as it came. */
export function requestText({ record, result }: KeptRequest): string {
  const {
    id,
    kind,
    message_id: messageId,
    worker_type: workerType,
    state,
    listener,
    created_at: createdAt,
    answer,
  } = record;
  const document = JSON.stringify({
    request_id: id,
    kind,
    ...(kind === 'goal' ? { goal_id: messageId } : { task_id: messageId, worker_type: workerType }),
    state,
    listener,
    created_at: createdAt,
    status: answer?.status ?? null,
    answered_at: answer?.at ?? null,
    reason: answer?.reason ?? null,
    result_bytes: answer?.bytes ?? null,
    result_omitted: answer?.omitted ?? false,
  });
  return `${document.slice(0, -1)},"result":${result ?? 'null'}}`;
}

function refusedByRouter(reason: string, retryable: boolean) {
  const detail = `the router refused it: ${reason}`;
  return retryable
    ? gatewayProblem('router_busy', { detail, retryAfterS: RETRY_AFTER_S })
    : gatewayProblem('router_refused', { detail });
}

/** `Prefer: wait=5` in seconds, not more than allowed; undefined: whoever asks does not want to wait. */
export function waitOf({ headers }: Context, most: number): number | undefined {
  if (headers.prefer === undefined) return undefined;
  const written = [headers.prefer].flat().join(',');
  for (const preference of written.split(',')) {
    const seconds = /^\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:;.*)?$/i.exec(preference)?.[1];
    if (seconds !== undefined && Number(seconds) > 0) return Math.min(most, Number(seconds));
  }
  return undefined;
}
