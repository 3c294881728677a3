import { readJsonObjectText } from '../../contract/decode-json.ts';
import { rawValue } from '../../contract/members.ts';
import type { TaskResult } from '../../contract/messages.ts';
import type { Heard } from '../requests/hear.ts';
import { addressToken, type KeptRequest, type RequestRecord } from '../requests/record.ts';
import { addressOf, joined, type Notice } from './frame.ts';
import { isPlaybook, playbookEnd, playbookStates } from './playbook-notices.ts';

// What clients are told of a request, made of what the bus says. Whatever others wrote is carried as it came, every digit of it.

export interface Telling {
  readonly at: string;
  /** Of what others wrote; what is larger is left out, and said to be. */
  readonly mostBytes: number;
}

export function resultNotices(
  record: RequestRecord,
  { messageId, text, said }: Heard & { kind: 'answer' },
  { at, mostBytes }: Telling,
): readonly Notice[] {
  // An answer to something else under our subject, or one that was brought over HTTP before.
  if (messageId !== record.message_id || record.answer?.brought !== undefined) return [];
  const { id, kind } = record;
  const omitted = text !== undefined && Buffer.byteLength(text) > mostBytes;
  if (isPlaybook(record)) {
    const output = text === undefined || omitted ? undefined : rawValue(text, 'output');
    const reason = said.reason ?? (text === undefined ? null : errorIn(text));
    return playbookEnd(record, { status: said.status, data: output, reason, omitted, at });
  }
  const head = { request_id: id, ...idsOf(record), ...said, answered_at: at, result_omitted: omitted };
  const data = joined(head, 'result', omitted ? undefined : text);
  return [{ key: `${id}.end`, to: addressOf(record), request: id, event: `${kind}/result`, data }];
}

function errorIn(text: string): string | null {
  const read = readJsonObjectText(text);
  const error = read.ok ? read.value.error : undefined;
  return typeof error === 'string' ? error : null;
}

/** The same as it stands in the store. */
export function keptResult({ record, result }: KeptRequest): string {
  const { status, reason, at, omitted } = record.answer ?? { status: null, reason: null, at: null, omitted: false };
  const head = { request_id: record.id, ...idsOf(record), status, reason, answered_at: at, result_omitted: omitted };
  return joined(head, 'result', result);
}

export function stageNotices(record: RequestRecord, stage: TaskResult, at: string): readonly Notice[] {
  const { task_id: taskId, worker_type: workerType, status } = stage;
  const key = `${record.id}.${addressToken(taskId)}.${status}`;
  if (isPlaybook(record)) {
    return playbookStates(record, key, { event_type: 'step.exit', step_name: workerType, status, at });
  }
  const data = JSON.stringify({
    request_id: record.id,
    ...idsOf(record),
    task_id: taskId,
    stage: workerType,
    worker_type: workerType,
    status,
    at,
  });
  return [{ key, to: addressOf(record), request: record.id, event: 'goal/state', data }];
}

export interface Progress {
  readonly taskId: string;
  /** JSON of an object. */
  readonly raw: string | Uint8Array;
  /** The same for the same message. */
  readonly key: string;
}

export function progressNotices(
  record: RequestRecord,
  { taskId, raw, key }: Progress,
  mostBytes: number,
): readonly Notice[] {
  const omitted = Buffer.byteLength(raw) > mostBytes;
  const head = { request_id: record.id, ...idsOf(record), task_id: taskId, progress_omitted: omitted };
  const data = joined(head, 'progress', omitted ? undefined : raw);
  return [{ key: `${record.id}.${key}`, to: addressOf(record), request: record.id, event: 'task/progress', data }];
}

function idsOf({ kind, message_id: id }: RequestRecord): Record<string, string> {
  return kind === 'goal' ? { goal_id: id } : { task_id: id };
}
