import { HeddleError } from '../errors.ts';

/**
 * A message as the text that goes on the wire: compact JSON; publishing makes it UTF-8. NaN and infinities become null, as
 * in Python's forwarded tasks; a lone surrogate is written as its escape. Throws input_invalid for what JSON cannot hold.
 */
export function encodeMessage(message: object): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(message);
  } catch (cause) {
    throw new HeddleError('input_invalid', `the message cannot be written as JSON: ${reasonOf(cause)}`, { cause });
  }
  if (typeof text !== 'string')
    throw new HeddleError('input_invalid', 'the message cannot be written as JSON: it is a function');
  return text;
}

function reasonOf(cause: unknown): string {
  if (cause instanceof RangeError) return 'it is nested too deeply';
  // V8's text draws the circle over several lines
  return cause instanceof Error ? (cause.message.split('\n')[0] ?? cause.name) : 'it refuses to be written';
}

/**
 * A count or a duration as Python reads it: whole, not negative, written without an exponent; 0 for what is no number.
 * Heddle refuses a result with a fraction, and whoever waits for it then waits for nothing.
 */
export function wholeCount(count: number): number {
  return count > 0 ? Math.min(Math.round(count), Number.MAX_SAFE_INTEGER) : 0;
}
