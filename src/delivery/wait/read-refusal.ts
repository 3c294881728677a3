import { deadLetterClass, readDeadLetter } from '../../contract/dead-letter.ts';
import { readJsonObject } from '../../contract/decode-json.ts';
import { isJsonObject } from '../../contract/json.ts';
import type { Message } from '../../transport/transport.ts';

/** A dead letter, as far as somebody who waits for one task cares. */
export interface Refusal {
  readonly taskId: string;
  /** Of the original task: the goal it worked for. */
  readonly parentId: string | undefined;
  readonly workerType: string | undefined;
  readonly reason: string;
  readonly retryable: boolean;
  readonly text: string;
}

/** undefined for a dead letter that names no task. */
export function readRefusal(message: Message): Refusal | undefined {
  const read = readJsonObject(message.data);
  if (!read.ok) return undefined;
  const letter = readDeadLetter(read.value);
  const { original_task: original, task_id: taskId, reason } = letter;
  if (typeof taskId !== 'string') return undefined;
  const parent = isJsonObject(original) ? original.parent_task_id : undefined;
  return {
    taskId,
    parentId: typeof parent === 'string' && parent !== '' ? parent : undefined,
    workerType: typeof letter.worker_type === 'string' ? letter.worker_type : undefined,
    reason: reason ?? 'unknown',
    retryable: deadLetterClass(reason) === 'rate_limited',
    text: read.text,
  };
}
