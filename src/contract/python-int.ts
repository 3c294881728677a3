import { pythonTypeName } from './python-words.ts';

/** What pydantic strips around digits: Unicode's White_Space (not JavaScript's: no U+FEFF, but U+0085). */
const SPACE = '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]*';
const DIGITS = new RegExp(`^${SPACE}[+-]?[0-9]+(?:_[0-9]+)*(?:\\.0+)?${SPACE}$`);

/** Python's limit on digits that become an int. */
const LONGEST = 4300;

/**
 * Why pydantic (lax mode) would not take `value` as an int, or undefined. Two numbers are judged by their value for want
 * of their text: a float text of 2^63 and more (`1e19`) is refused by Python and passes here, an integer of more than 308
 * digits passes there and is refused here.
 */
export function intProblem(value: unknown): string | undefined {
  switch (typeof value) {
    case 'number':
      if (Number.isInteger(value)) return undefined;
      return Number.isFinite(value) ? 'expected an integer, got a fraction' : 'expected a finite integer';
    case 'boolean':
      return undefined;
    case 'string':
      return value.length <= LONGEST && DIGITS.test(value) ? undefined : 'expected an integer, got text';
    default:
      return `expected an integer, got ${pythonTypeName(value)}`;
  }
}
