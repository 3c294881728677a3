import { readJsonObjectText } from '../../../contract/decode-json.ts';
import { setMembers } from '../../../contract/edit-members.ts';
import { rawValue } from '../../../contract/members.ts';
import type { How } from '../../../deadletter/replay/outgoing.ts';
import { HeddleError } from '../../../errors.ts';
import { readAssignment, readJsonValue } from '../../../submit/payload/assignment.ts';
import { setPath, setPathText } from '../../../submit/payload/set-path.ts';
import type { Kept } from './flags.ts';

/** How each is changed, as it was asked for. Throws `usage` for what cannot be read. */
export function howOf({ newId, to, set, setJson, edited }: Kept): How {
  const strings = set.map((text) => readAssignment(text, '--set'));
  const typed = setJson.map((text) => {
    const assignment = readAssignment(text, '--set-json');
    return { assignment, ...readJsonValue(assignment) };
  });
  if (edited !== undefined) return { newId, to, mend: () => edited };
  if (strings.length === 0 && typed.length === 0) return { newId, to, mend: undefined };
  const mend = (text: string): string => {
    const whole = readJsonObjectText(text);
    if (!whole.ok) throw new HeddleError('input_invalid', `it is no JSON object: ${whole.detail}`);
    // Of a goal it is the context that a worker gets to see.
    const member = 'instruction' in whole.value && !('worker_type' in whole.value) ? 'context' : 'payload';
    let raw = rawValue(text, member) ?? '{}';
    const read = readJsonObjectText(raw);
    if (!read.ok) throw new HeddleError('input_invalid', `its ${member} is no JSON object: ${read.detail}`);
    for (const assignment of strings) {
      raw = setPathText(raw, setPath(read.value, assignment, assignment.text), JSON.stringify(assignment.text));
    }
    for (const { assignment, value, text: json } of typed) {
      raw = setPathText(raw, setPath(read.value, assignment, value), json);
    }
    return setMembers(text, new Map([[member, raw]]));
  };
  return { newId, to, mend };
}
