import { compactJson } from '../../contract/compact-json.ts';
import { HeddleError } from '../../errors.ts';

export interface Assignment {
  /** What it was given with, for messages. */
  readonly flag: string;
  /** The same, with the text. */
  readonly source: string;
  readonly key: string;
  readonly text: string;
}

/** `key=value`, split at the first `=` as Heddle does; the key may be empty only where Heddle allows it. */
export function readAssignment(text: string, flag: string, { emptyKey = false } = {}): Assignment {
  const at = text.indexOf('=');
  if (at < 0) {
    throw new HeddleError('usage', `${flag} must be key=value, got: ${shown(text)}`, {
      hint: `Write ${flag} ${shown(text)}=<value>; a value with spaces needs quotes.`,
    });
  }
  if (at === 0 && !emptyKey) {
    throw new HeddleError('usage', `${flag} ${shown(text)} has no key before the "="`, {
      hint: `Write ${flag} key${shown(text)}.`,
    });
  }
  return { flag, source: `${flag} ${shown(text)}`, key: text.slice(0, at), text: text.slice(at + 1) };
}

/** The JSON value of `key=<json>`, and its text; says what the shell probably did when it is no JSON. */
export function readJsonValue(assignment: Assignment): { readonly value: unknown; readonly text: string } {
  const { flag } = assignment;
  try {
    return { value: JSON.parse(assignment.text), text: compactJson(assignment.text) };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HeddleError('usage', `${assignment.source}: the value is not JSON (${shown(why)})`, {
      hint: `Text needs its quotes: ${flag} '${assignment.key}="text"'; plain text goes with ${flag.replace('-json', '')}.`,
      cause,
    });
  }
}

const LONGEST_SHOWN = 60;

function shown(text: string): string {
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}…`;
}
