import { isJsonObject } from '../../contract/json.ts';
import { rawValue } from '../../contract/members.ts';
import type { TaskResult } from '../../contract/messages.ts';
import { decodeMessage } from '../../contract/read-message.ts';
import type { Message } from '../../transport/transport.ts';

/** What one message on a result subject says, and of whom. */
export type Answer =
  /** A result that Heddle accepts; an end only when `final`. */
  | {
      readonly kind: 'result';
      readonly id: string;
      readonly final: boolean;
      readonly result: TaskResult;
      /** The result itself, also where it came in a frame. */
      readonly text: string;
      /** It came in a frame of generation C, which Heddle 0.9.2 does not read. */
      readonly framed: boolean;
    }
  /** Names its task, and is no result. */
  | { readonly kind: 'malformed'; readonly id: string; readonly problem: string; readonly text: string }
  /** Names nobody that could be read. */
  | { readonly kind: 'unreadable'; readonly problem: string; readonly text: string | undefined };

export function readAnswer(message: Message): Answer {
  const decoded = decodeMessage(message.subject, message.data);
  if (decoded.kind === 'result') {
    const { view, text, generation } = decoded;
    const framed = generation === 'C';
    // Heddle itself takes anything but `failed` for a completion; its workers send nothing but the two ends.
    const final = view.status === 'completed' || view.status === 'failed';
    return {
      kind: 'result',
      id: view.task_id,
      final,
      result: view,
      text: framed ? (rawValue(text, 'payload') ?? text) : text,
      framed,
    };
  }
  if (decoded.kind !== 'unknown') {
    return { kind: 'unreadable', problem: `a ${decoded.kind} where a result belongs`, text: decoded.text };
  }
  const { value, text, detail } = decoded;
  if (isJsonObject(value) && typeof value.task_id === 'string' && text !== undefined) {
    return { kind: 'malformed', id: value.task_id, problem: detail, text };
  }
  return { kind: 'unreadable', problem: detail, text };
}
