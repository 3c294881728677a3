import { isPublishSubject, isSubscribePattern, subjectMatches } from '../contract/subject-grammar.ts';
import { HeddleError } from '../errors.ts';
import { refuseHeader, refusePattern, refuseSubject } from '../transport/guards.ts';
import { overlaps } from '../transport/permissions.ts';
import type { BucketLimits } from './bucket.ts';
import type { AppendOptions, StreamLimits } from './stream.ts';

/** What every home refuses alike, before anything is kept: a message that one home takes, all take. */

const NAME = /^[A-Za-z0-9_-]+$/;
const LONGEST_NAME = 128;
/** What a server takes as the name of a stream, or of a consumer. */
export const LONGEST_ON_SERVERS = 255;
const KEY = /^[A-Za-z0-9_=/-]+(\.[A-Za-z0-9_=/-]+)*$/;
const LONGEST_KEY = 1024;
const LONGEST_ID = 512;

export function refuseName(kind: 'stream' | 'bucket', name: string, longest: number = LONGEST_NAME): void {
  if (NAME.test(name) && name.length <= longest) return;
  throw new HeddleError('input_invalid', `${shown(name)} cannot be the name of a ${kind}`, {
    hint: `A name has up to ${longest} letters, digits, - and _.`,
  });
}

export function refuseKey(key: string): void {
  if (key.length <= LONGEST_KEY && KEY.test(key)) return;
  throw new HeddleError('input_invalid', `${shown(key)} cannot be a key`, {
    hint: 'A key has letters, digits and - _ = / in tokens joined by single dots, at most 1024 characters in all.',
  });
}

export function refuseKeyPattern(pattern: string): void {
  if (isSubscribePattern(pattern) && pattern.length <= LONGEST_KEY) return;
  throw new HeddleError('input_invalid', `${shown(pattern)} is no pattern of keys`, {
    hint: '* stands for one whole token of a key, and > at the end for all that follow.',
  });
}

/** The subject under which a message is appended, with its id and headers found good. */
export function checkAppend(
  { id, subject, headers }: AppendOptions,
  takes: StreamLimits['subjects'],
): string | undefined {
  if (id !== undefined) refuseId(id);
  for (const [name, value] of Object.entries(headers ?? {})) refuseHeader(name, value);
  const [only] = takes ?? [];
  if (subject === undefined) {
    if (takes === undefined || takes.length === 0) return undefined;
    if (only !== undefined && takes.length === 1 && isPublishSubject(only)) return only;
    throw new HeddleError('input_invalid', `the stream takes ${takes.join(', ')}, and no subject was given`);
  }
  refuseSubject(subject);
  if (takes !== undefined && takes.length > 0 && !takes.some((pattern) => subjectMatches(pattern, subject))) {
    throw new HeddleError('input_invalid', `the stream takes ${takes.join(', ')}, not ${shown(subject)}`);
  }
  return subject;
}

/** A reading of what never comes would wait for ever. */
export function refuseForeign(pattern: string | undefined, takes: StreamLimits['subjects']): void {
  if (pattern === undefined || takes === undefined || takes.length === 0) return;
  if (takes.some((each) => overlaps(each, pattern))) return;
  throw new HeddleError('input_invalid', `the stream takes ${takes.join(', ')}, and nothing of ${shown(pattern)}`);
}

/** It travels as a header, and blanks around it would be lost on the way. */
function refuseId(id: string): void {
  if (id !== '' && id.length <= LONGEST_ID && id === id.trim() && !/[\u0000-\u001f\u007f]/.test(id)) return;
  throw new HeddleError('input_invalid', `${shown(id)} cannot be the id of a message`, {
    hint: 'An id has 1 to 512 characters, no control characters, and no blanks around it.',
  });
}

export function checkLimits(limits: StreamLimits | BucketLimits): void {
  for (const [what, value] of Object.entries(limits)) {
    if (value === undefined) continue;
    if (Array.isArray(value)) {
      if (value.length === 0) throw new HeddleError('input_invalid', `${what} has no entry`);
      for (const pattern of value) refusePattern(String(pattern));
    } else if (!(typeof value === 'number' && Number.isSafeInteger(value) && value > 0)) {
      throw new HeddleError('input_invalid', `${what} must be a whole number above 0, not ${String(value)}`);
    }
  }
}

function shown(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
