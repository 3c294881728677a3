import { subjectMatches } from '../contract/subject-grammar.ts';
import { refusePattern } from '../transport/guards.ts';
import type { Kept, PurgeChoice } from './stream.ts';

/** A copy: the caller may use its buffer again at once. */
export function bytesOf(data: Uint8Array | string): Uint8Array {
  return typeof data === 'string' ? new Uint8Array(Buffer.from(data)) : Uint8Array.from(data);
}

/** Headers as they come back: on a wire the blanks around a value are lost, and no fields are no headers. */
export function headersOf(given: Readonly<Record<string, string>> | undefined): Kept['headers'] {
  const fields = Object.entries(given ?? {}).map(([name, value]) => [name, value.trim()] as const);
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
}

/** Whether a purge removes a message. */
export function matchesChoice({
  subject: pattern,
  before,
}: PurgeChoice): (kept: Pick<Kept, 'seq' | 'subject'>) => boolean {
  if (pattern !== undefined) refusePattern(pattern);
  return ({ seq, subject }) => {
    if (before !== undefined && seq >= before) return false;
    return pattern === undefined || (subject !== undefined && subjectMatches(pattern, subject));
  };
}
