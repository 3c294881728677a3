import { isPublishSubject, isSubscribePattern } from '../contract/subject-grammar.ts';
import { HeddleError } from '../errors.ts';
import type { SubscribeOptions } from './transport.ts';

/**
 * A server takes a protocol line of 4096 bytes and cuts the connection for a longer one; on a line stand a subject, a
 * reply subject and two sizes.
 */
const LONGEST_SUBJECT_BYTES = 1900;

/** Throws `subject_invalid` for what no message can be sent to. */
export function refuseSubject(subject: string): void {
  if (isPublishSubject(subject) && fits(subject)) return;
  throw invalid('publish to', subject, 'A subject is tokens joined by dots, without spaces and wildcards.');
}

/** Throws `subject_invalid` for what nobody can listen on. */
export function refusePattern(pattern: string): void {
  if (isSubscribePattern(pattern) && fits(pattern)) return;
  throw invalid(
    'subscribe to',
    pattern,
    'A pattern is tokens joined by dots, without spaces; * stands for a whole token, and > only at the end.',
  );
}

/** The same, and `input_invalid` for how it cannot be listened. */
export function refuseSubscription(pattern: string, { queue, max }: SubscribeOptions): void {
  refusePattern(pattern);
  // A queue group stands on a protocol line too.
  if (queue !== undefined && !(/^[^\s\u0000-\u001f\u007f]+$/.test(queue) && fits(queue))) {
    throw invalid('join the queue group', queue, 'The name of a queue group has no spaces.');
  }
  if (max !== undefined && !(Number.isInteger(max) && max > 0)) {
    throw new HeddleError('input_invalid', `max must be a whole number above 0, not ${max}`);
  }
}

function fits(text: string): boolean {
  return text.length * 3 <= LONGEST_SUBJECT_BYTES || Buffer.byteLength(text) <= LONGEST_SUBJECT_BYTES;
}

function invalid(act: string, text: string, hint: string): HeddleError {
  const length = text.length > 100 ? ` (${text.length} characters)` : '';
  return new HeddleError('subject_invalid', `cannot ${act} ${JSON.stringify(text.slice(0, 100))}${length}`, { hint });
}

/** Throws `input_invalid` for a header that could begin a line of its own. Refused, not cleaned. */
export function refuseHeader(name: string, value: string): void {
  if (name === '' || /[^\x21-\x39\x3b-\x7e]/.test(name)) {
    throw new HeddleError('input_invalid', `${JSON.stringify(name.slice(0, 100))} is no header name`, {
      hint: 'A header name has printable ASCII characters without spaces and colons.',
    });
  }
  if (/[\r\n]/.test(value)) {
    throw new HeddleError('input_invalid', `the header ${JSON.stringify(name)} has a line break in its value`);
  }
}
