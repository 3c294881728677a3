import { type Fill, fill, fillAbsentMembers } from './edit-members.ts';
import type { Sources } from './ids.ts';
import type { JsonObject } from './json.ts';
import { wireTime } from './wire-time.ts';

/** Makes what a router adds to a task on its way: what Python's model would fill in, and nothing else is touched. */
export function taskCompleter(sources: Sources): (bytes: Uint8Array, task: JsonObject) => Uint8Array {
  const fills: readonly Fill[] = [
    fill('task_id', () => quoted(sources.uuid())),
    fill('created_at', () => `"${wireTime(sources.now())}"`),
    fill('model_tier', () => '"standard"'),
    fill('priority', () => '"normal"'),
    fill('metadata', () => '{}'),
  ];
  return (bytes, task) => fillAbsentMembers(bytes, task, fills);
}

/** An id of plain characters needs no escapes, and asking for them costs three times the id. */
function quoted(id: string): string {
  return /^[\w-]*$/.test(id) ? `"${id}"` : JSON.stringify(id);
}
