import { HeddleError } from '../errors.ts';

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
