import { refuseHeader } from '../guards.ts';
import { headers, type MsgHdrs } from './client.ts';

// What could begin a line of its own is refused, not cleaned.

/** Headers as they stand on the wire; nothing where there are none. */
export function headersText(fields: Readonly<Record<string, string>>): string {
  let lines = '';
  for (const [name, value] of Object.entries(fields)) {
    refuseHeader(name, value);
    lines += `${name}: ${value.trim()}\r\n`;
  }
  return lines === '' ? '' : `NATS/1.0\r\n${lines}\r\n`;
}

/** The same for the engine. */
export function wireHeaders(fields: Readonly<Record<string, string>>): MsgHdrs {
  const wire = headers();
  for (const [name, value] of Object.entries(fields)) {
    refuseHeader(name, value);
    wire.append(name, value);
  }
  return wire;
}
