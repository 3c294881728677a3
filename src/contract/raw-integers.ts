import { findMember, type Member, scanMembers } from './members.ts';
import type { IsIntegerText } from './shallow-check.ts';

/**
 * Tells integers from floats in the object under `member` of a message, by their text; so for the whole of it, when that is
 * a number. The text is walked only when the first number is asked about.
 */
export function rawIntegers(text: string, member: string): IsIntegerText {
  let numbers: Map<string, Member> | undefined;
  return (key) => {
    if (key !== undefined) numbers ??= membersByKey(text, member);
    const found = key === undefined ? findMember(text, member) : numbers?.get(key);
    if (found === undefined || !NUMBER_START.test(text[found.valueStart] ?? '')) return undefined;
    return !FLOAT_MARK.test(text.slice(found.valueStart, found.end));
  };
}

const NUMBER_START = /[-0-9]/;
/** A point, an exponent, or the I of -Infinity. */
const FLOAT_MARK = /[.eEI]/;

function membersByKey(text: string, member: string): Map<string, Member> {
  const outer = findMember(text, member);
  const inner = outer === undefined ? undefined : scanMembers(text, outer.valueStart);
  return new Map(inner?.map((found) => [found.key, found]));
}
