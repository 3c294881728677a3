import { readJsonObjectText } from '../../contract/decode-json.ts';
import { isJsonObject, type JsonObject } from '../../contract/json.ts';
import { rawValue } from '../../contract/members.ts';
import { type TakenTask, takeTask } from '../../contract/taken-task.ts';

/** A task that a gateway handed out, and the right to answer for it. */
export interface HandedTask {
  readonly handle: string;
  readonly leaseId: string;
  readonly leaseMs: number;
  readonly task: TakenTask;
}

/** The only item of a poll's answer; undefined for an empty one. Throws for what is none. */
export function handedTask(text: string, uuid: () => string): HandedTask | undefined {
  const inner = text.trim().slice(1, -1).trim();
  if (inner === '') return undefined;
  const read = readJsonObjectText(inner);
  const { task_id: handle, lease_id: leaseId, lease_ms: leaseMs } = read.ok ? read.value : {};
  if (!read.ok || typeof handle !== 'string' || typeof leaseId !== 'string' || typeof leaseMs !== 'number') {
    throw new Error('its answer is no list of tasks');
  }
  const task = takeTask(Buffer.from(messageText(inner, read.value)), uuid);
  if ('reason' in task) throw new Error(`the task that it handed out is none: ${task.detail}`);
  return { handle, leaseId, leaseMs, task };
}

/** The message as it was on the bus, as far as a handler sees it: numbers keep their digits. */
function messageText(item: string, value: JsonObject): string {
  const raw = (key: string): string => rawValue(item, key) ?? 'null';
  const members = [
    `"task_id":${raw('heddle_task_id')}`,
    ...['parent_task_id', 'worker_type', 'model_tier', 'request_id', 'metadata', 'payload'].map(
      (key) => `"${key}":${raw(key)}`,
    ),
  ];
  if (typeof value.traceparent === 'string') {
    const state = typeof value.tracestate === 'string' ? `,"tracestate":${raw('tracestate')}` : '';
    members.push(`"_trace_context":{"traceparent":${raw('traceparent')}${state}}`);
  }
  return `{${members.join(',')}}`;
}

/** What a finished task is to its gateway: the members of its result, as they were written. */
export function answerText({ leaseId }: HandedTask, status: 'completed' | 'failed', result: string): string {
  const lease = `"lease_id":${JSON.stringify(leaseId)}`;
  if (status === 'completed') {
    const beside = ['output', 'model_used', 'token_usage', 'metadata'].flatMap((key) => {
      const raw = rawValue(result, key);
      return raw === undefined || raw === 'null' ? [] : [`,"${key}":${raw}`];
    });
    return `{"action":"complete",${lease}${beside.join('')}}`;
  }
  const read = readJsonObjectText(result);
  const error = read.ok && isJsonObject(read.value) ? String(read.value.error) : 'the worker failed';
  // A payload that is wrong is wrong again; whatever else failed is for the gateway to decide.
  const type = error.startsWith('Input validation:') ? 'non_retriable' : 'retriable';
  return `{"action":"fail",${lease},"failure_type":"${type}","error":${JSON.stringify(error)}}`;
}
