import { appendMembers } from './edit-members.ts';
import type { JsonObject } from './json.ts';
import { scanMembers } from './members.ts';

/**
 * The middleware lane: top-level keys that start with `_` (`_trace_context` and others' own). The wire guide asks a worker
 * to put every one of them on its result verbatim; here as the text it came in, so that no number or key order changes.
 */
export function hasLane(message: JsonObject): boolean {
  for (const key in message) if (key.charCodeAt(0) === UNDERSCORE) return true;
  return false;
}

/** `"_a":1,"_b":{…}` in the order of the message, '' when there is none; a key that stands twice has its last value. */
export function laneText(text: string, message: JsonObject, except: readonly string[] = []): string {
  if (!hasLane(message)) return '';
  const last = new Map<string, string>();
  for (const member of scanMembers(text) ?? []) {
    if (member.key.charCodeAt(0) !== UNDERSCORE || except.includes(member.key)) continue;
    last.set(member.key, text.slice(member.start, member.end));
  }
  return [...last.values()].join(',');
}

/** The encoded result with the lane of the task it answers; keys that the result has itself stay as they are there. */
export function withLaneOf(
  result: string,
  resultValue: JsonObject,
  task: { readonly text: string; readonly value: JsonObject },
): string {
  if (!hasLane(task.value)) return result;
  const own = Object.keys(resultValue).filter((key) => key.charCodeAt(0) === UNDERSCORE);
  return appendMembers(result, laneText(task.text, task.value, own));
}

const UNDERSCORE = 0x5f;
