import type { JsonObject } from './json.ts';
import { findMember, rawValue } from './members.ts';
import type { DeadLetter } from './messages.ts';

/** What the router's reasons start with. Scripts of users match on these words. */
export const DEAD_LETTER_REASONS = {
  invalid_task_message: 'invalid_task_message: ',
  unknown_tier: 'unknown_tier: ',
  rate_limited: 'rate_limited: ',
} as const;
/** Why the router did not send a task on. */
export type DeadLetterClass = keyof typeof DEAD_LETTER_REASONS | 'other';

/** What kind of refusal a reason is. */
export function deadLetterClass(reason: string | null): DeadLetterClass {
  if (reason === null) return 'other';
  for (const [name, prefix] of Object.entries(DEAD_LETTER_REASONS)) {
    // Heddle's own sample rules say that the reason equals "rate_limited", without more.
    if (reason.startsWith(prefix) || reason === name) return name as DeadLetterClass;
  }
  return 'other';
}

/** Read as Heddle's store reads it: without a reason it is "unknown" and null stays null, without original_task the message is the task. */
export function readDeadLetter(message: JsonObject): DeadLetter {
  const { reason, original_task, task_id = null, worker_type = null } = message;
  const bare = original_task === undefined;
  return {
    reason: typeof reason === 'string' || reason === null ? reason : 'unknown',
    original_task: bare ? message : original_task,
    task_id,
    worker_type,
  };
}

/** The original task as the characters it came in, for replay: no number, key order or duplicate key changes. */
export function originalTaskText(deadLetterText: string): string {
  return rawValue(deadLetterText, 'original_task') ?? deadLetterText;
}

/**
 * The router's envelope around the exact text it received; ids are copied raw, of whatever type. `original` is any JSON
 * value's text; `value` the same, read.
 */
export function encodeDeadLetter(reason: string, original: string, value: unknown): string {
  const id = (key: string) => rawField(original, value, key);
  const ids = `"task_id":${id('task_id')},"worker_type":${id('worker_type')}`;
  return `{"reason":${JSON.stringify(reason)},"original_task":${original},${ids}}`;
}

function rawField(original: string, value: unknown, key: string): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'null';
  const field = (value as JsonObject)[key];
  if (field === undefined || field === null) return 'null';
  if (typeof field === 'string') return JSON.stringify(field);
  const member = findMember(original, key);
  return member === undefined ? 'null' : original.slice(member.valueStart, member.end);
}
