import { readDeadLetter } from '../../contract/dead-letter.ts';
import { readJsonObject } from '../../contract/decode-json.ts';
import { isJsonObject } from '../../contract/json.ts';
import type { TaskResult } from '../../contract/messages.ts';
import { readAnswer } from '../../delivery/wait/read-answer.ts';
import type { Message } from '../../transport/transport.ts';
import { isAnswerOf, REQUEST_PREFIX, type RequestAnswer } from './record.ts';

/** What a message on the bus says of a request of a gateway: its answer, or that of a stage on its way. */
export type Heard =
  | {
      readonly kind: 'answer';
      /** Of the request. */
      readonly id: string;
      readonly messageId: string;
      /** The result as it came; undefined where the router refused the work. */
      readonly text: string | undefined;
      readonly said: Pick<RequestAnswer, 'status' | 'reason'>;
    }
  | { readonly kind: 'stage'; readonly id: string; readonly stage: TaskResult };

const OWN = `heddle.results.${REQUEST_PREFIX}`;

/** undefined for what is somebody else's, as most results on a bus are, or no end. */
export function hearResult(message: Message): Heard | undefined {
  if (!message.subject.startsWith(OWN)) return undefined;
  const answer = readAnswer(message);
  if (answer.kind !== 'result' || !answer.final) return undefined;
  const { id: messageId, result, text } = answer;
  const id = message.subject.slice('heddle.results.'.length);
  if (!isAnswerOf(id, messageId)) return { kind: 'stage', id, stage: result };
  const status = result.status === 'failed' ? 'failed' : 'completed';
  return { kind: 'answer', id, messageId, text, said: { status, reason: null } };
}

/** The same of what the router put aside. */
export function hearRefusal(message: Message): (Heard & { kind: 'answer' }) | undefined {
  const read = readJsonObject(message.data);
  if (!read.ok || !read.text.includes(REQUEST_PREFIX)) return undefined;
  const { original_task: original, task_id: messageId, reason } = readDeadLetter(read.value);
  const id = isJsonObject(original) ? original.parent_task_id : undefined;
  if (typeof id !== 'string' || !id.startsWith(REQUEST_PREFIX) || typeof messageId !== 'string') return undefined;
  return { kind: 'answer', id, messageId, text: undefined, said: { status: 'refused', reason } };
}
