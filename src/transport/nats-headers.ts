import { HeddleError } from '../errors.ts';
import { headers, type MsgHdrs } from './nats-client.ts';

/** Headers for the wire. What could begin a line of its own is refused, not cleaned. */
export function wireHeaders(fields: Readonly<Record<string, string>>): MsgHdrs {
  const wire = headers();
  for (const [name, value] of Object.entries(fields)) {
    if (name === '' || /[^\x21-\x39\x3b-\x7e]/.test(name)) {
      throw new HeddleError('input_invalid', `${JSON.stringify(name.slice(0, 100))} is no header name`, {
        hint: 'A header name has printable ASCII characters without spaces and colons.',
      });
    }
    if (/[\r\n]/.test(value)) {
      throw new HeddleError('input_invalid', `the header ${JSON.stringify(name)} has a line break in its value`);
    }
    wire.append(name, value);
  }
  return wire;
}
