import { readJsonLine } from '../../child/json-lines.ts';
import type { Line } from '../../child/lines.ts';
import { isJsonObject, type JsonObject } from '../../contract/json.ts';
import { rawValue } from '../../contract/members.ts';
import type { Performed } from '../performer.ts';
import { metadataLine, payloadLine, type TakenTask } from '../task.ts';

/** `{"task_id","payload","metadata"}`: what the program reads, one line a task. Numbers as they came. */
export function questionLine(task: TakenTask): string {
  const id = JSON.stringify(task.taskId);
  return `{"task_id":${id},"payload":${payloadLine(task)},"metadata":${metadataLine(task)}}\n`;
}

export type Answered =
  | { readonly ok: true; readonly taskId: string | undefined; readonly performed: Performed }
  | { readonly ok: false; readonly taskId: string | undefined; readonly error: string };

/**
 * `{"task_id","output"}` or `{"task_id","error"}`; beside output may stand model_used, token_usage and metadata. `tooLong` words
 * the error of a line that was dropped.
 */
export function readAnswerLine(line: Line, tooLong: (bytes: number) => string): Answered {
  const read = readJsonLine(line);
  if (!read.ok) {
    const error =
      read.reason === 'too_long' ? tooLong(read.bytes) : `the program's answer is no JSON object (${read.detail})`;
    return { ok: false, taskId: undefined, error };
  }
  const { value, text, strict } = read;
  const taskId = typeof value.task_id === 'string' ? value.task_id : undefined;
  if (!strict) return { ok: false, taskId, error: "the program's answer holds NaN or an infinity, which is not JSON" };
  const { error } = value;
  if (error !== undefined && error !== null) {
    return { ok: false, taskId, error: typeof error === 'string' ? error : JSON.stringify(error) };
  }
  if (!Object.hasOwn(value, 'output')) {
    return { ok: false, taskId, error: "the program's answer has neither output nor error" };
  }
  return { ok: true, taskId, performed: performedOf(value, text) };
}

function performedOf(value: JsonObject, text: string): Performed {
  const { output, model_used, token_usage, metadata } = value;
  return {
    output,
    outputText: rawValue(text, 'output'),
    // What is of another type is refused with the whole result, where the reason is shown.
    modelUsed: model_used as string | null | undefined,
    tokenUsage: isJsonObject(token_usage) ? (token_usage as Record<string, number>) : undefined,
    metadata: metadata as JsonObject | undefined,
  };
}
