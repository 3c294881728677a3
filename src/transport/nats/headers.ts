import { refuseHeader } from '../header-guard.ts';
import { headers, type MsgHdrs } from './client.ts';

/** Headers for the wire. What could begin a line of its own is refused, not cleaned. */
export function wireHeaders(fields: Readonly<Record<string, string>>): MsgHdrs {
  const wire = headers();
  for (const [name, value] of Object.entries(fields)) {
    refuseHeader(name, value);
    wire.append(name, value);
  }
  return wire;
}
