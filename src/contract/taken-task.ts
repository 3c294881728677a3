import { setMembers } from './edit-members.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { rawValue } from './members.ts';
import type { TaskMessage } from './messages.ts';
import { type Decoding, decodeTask } from './parse.ts';

/** One task as it came: read, and the text it was read from. */
export interface TakenTask {
  readonly message: TaskMessage;
  readonly text: string;
  /** A fresh one for a task that came without, as in Python. */
  readonly taskId: string;
  readonly parentTaskId: string | null;
  readonly workerType: string;
  /** False when the text holds NaN or an infinity. */
  readonly strict: boolean;
  /** The task's metadata, with `model_tier` set to the tier of the task, as Python workers see it. */
  readonly metadata: JsonObject;
}

export function takeTask(
  bytes: Uint8Array,
  uuid: () => string,
): TakenTask | Exclude<Decoding<TaskMessage>, { ok: true }> {
  const read = decodeTask(bytes);
  if (!read.ok) return read;
  const { value: message, text } = read;
  return {
    message,
    text,
    taskId: message.task_id ?? uuid(),
    parentTaskId: message.parent_task_id ?? null,
    workerType: message.worker_type,
    strict: read.strict,
    metadata: withTier(message),
  };
}

/** The payload as one line of JSON text in which every number has its digits; for handlers in other languages. */
export function payloadLine(task: TakenTask): string {
  // NaN and the infinities, which only Python's JSON knows, become null here.
  const raw = task.strict ? rawValue(task.text, 'payload') : undefined;
  return raw === undefined ? JSON.stringify(task.message.payload) : oneLine(raw);
}

export function metadataLine(task: TakenTask): string {
  const isThere = task.strict && task.message.metadata !== undefined;
  const raw = isThere ? rawValue(task.text, 'metadata') : undefined;
  if (raw === undefined) return JSON.stringify(task.metadata);
  const tier = JSON.stringify(task.metadata.model_tier);
  return oneLine(setMembers(raw, new Map([['model_tier', tier]])));
}

function withTier(message: TaskMessage): JsonObject {
  const metadata: JsonObject = isJsonObject(message.metadata) ? { ...message.metadata } : {};
  metadata.model_tier = message.model_tier ?? 'standard';
  return metadata;
}

/** Line breaks can stand between JSON tokens only: inside strings they are escaped. */
function oneLine(json: string): string {
  return json.includes('\n') || json.includes('\r') ? json.replaceAll(/[\r\n]+/g, ' ') : json;
}
