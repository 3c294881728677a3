import { createHash } from 'node:crypto';

/** A longer one makes addresses that proxies refuse. */
const LONGEST = 200;
const KEPT = /^[A-Za-z0-9._-]$/;
/** `.` and `..` mean something else in an address. */
const DOTS = /^\.{1,2}$/;

/**
 * What a worker calls one delivery of a task by, in the address of its answer: the id itself the first time, and with the
 * number of the delivery from the second on. So a worker that knows nothing of leases cannot answer for the delivery of
 * another. Needs no encoding in a path; nobody reads it back.
 */
export function handleOf(taskId: string, delivery: number): string {
  const id = pathSafe(taskId);
  return delivery === 1 ? id : `${id}~${delivery}`;
}

/** A text for each id, and no two ids with the same: what is escaped begins with `=` and two hex digits. */
export function pathSafe(id: string): string {
  if (id === '') return '=z';
  if (DOTS.test(id)) return id.replaceAll('.', '=2e');
  if (/^[A-Za-z0-9._-]{1,200}$/.test(id)) return id;
  let text = '';
  for (const byte of Buffer.from(id)) {
    const sign = String.fromCharCode(byte);
    text += KEPT.test(sign) ? sign : `=${byte.toString(16).padStart(2, '0')}`;
    if (text.length > LONGEST) return `=h${createHash('sha256').update(id).digest('base64url')}`;
  }
  return text;
}
