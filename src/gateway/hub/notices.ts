import type { TaskResult } from '../../contract/messages.ts';
import type { Heard } from '../requests/hear.ts';
import { addressToken, type KeptRequest, type RequestRecord } from '../requests/record.ts';
import type { Address, Notice } from './frame.ts';

// What clients are told of a request, made of what the bus says. Whatever others wrote is carried as it came, every digit of it.

export function resultNotice(
  record: RequestRecord,
  { messageId, text, said }: Heard & { kind: 'answer' },
  { at, mostBytes }: { readonly at: string; readonly mostBytes: number },
): Notice | undefined {
  // An answer to something else under our subject.
  if (messageId !== record.message_id) return undefined;
  const { id, kind } = record;
  const omitted = text !== undefined && Buffer.byteLength(text) > mostBytes;
  const head = { request_id: id, ...idsOf(record), ...said, answered_at: at, result_omitted: omitted };
  const data = joined(head, 'result', omitted ? undefined : text);
  return { key: `${id}.end`, to: addressOf(record), request: id, event: `${kind}/result`, data };
}

/** The same as it stands in the store. */
export function keptResult({ record, result }: KeptRequest): string {
  const { status, reason, at, omitted } = record.answer ?? { status: null, reason: null, at: null, omitted: false };
  const head = { request_id: record.id, ...idsOf(record), status, reason, answered_at: at, result_omitted: omitted };
  return joined(head, 'result', result);
}

export function stageNotice(record: RequestRecord, stage: TaskResult, at: string): Notice {
  const { task_id: taskId, worker_type: workerType, status } = stage;
  const data = JSON.stringify({
    request_id: record.id,
    ...idsOf(record),
    task_id: taskId,
    stage: workerType,
    worker_type: workerType,
    status,
    at,
  });
  const key = `${record.id}.${addressToken(taskId)}.${status}`;
  return { key, to: addressOf(record), request: record.id, event: 'goal/state', data };
}

export interface Progress {
  readonly taskId: string;
  /** JSON text of an object. */
  readonly text: string;
  /** The same for the same message. */
  readonly key: string;
}

export function progressNotice(record: RequestRecord, { taskId, text, key }: Progress, mostBytes: number): Notice {
  const omitted = Buffer.byteLength(text) > mostBytes;
  const head = { request_id: record.id, ...idsOf(record), task_id: taskId, progress_omitted: omitted };
  const data = joined(head, 'progress', omitted ? undefined : text);
  return { key: `${record.id}.${key}`, to: addressOf(record), request: record.id, event: 'task/progress', data };
}

function idsOf({ kind, message_id: id }: RequestRecord): Record<string, string> {
  return kind === 'goal' ? { goal_id: id } : { task_id: id };
}

function addressOf({ owner, client_id: client }: RequestRecord): Address {
  return { owner, client: client ?? undefined };
}

/** The members, and one more whose text is somebody else's. */
export function joined(head: object, key: string, raw: string | undefined): string {
  return `${JSON.stringify(head).slice(0, -1)},${JSON.stringify(key)}:${raw ?? 'null'}}`;
}
