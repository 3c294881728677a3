import { createHash } from 'node:crypto';
import type { Job } from './lease.ts';

/** A longer one makes addresses that proxies refuse. */
const LONGEST = 200;
const KEPT = /^[A-Za-z0-9._-]$/;
/** `.` and `..` mean something else in an address. */
const DOTS = /^\.{1,2}$/;

/** What the handles of all deliveries of one message begin with, and those of no other. */
export function stemOf({ taskId, twin }: Pick<Job, 'taskId' | 'twin'>): string {
  return twin === undefined ? pathSafe(taskId) : `${pathSafe(taskId)}~${twin}`;
}

/** The stem of a handle. */
export function stemIn(handle: string): string {
  return handle.replace(/~\d+$/, '');
}

/**
 * What a worker calls one delivery of a task by, in the address of its answer: the id itself the first time, and with the
 * number of the delivery from the second on. So a worker that knows nothing of leases cannot answer for the delivery of
 * another. Needs no encoding in a path; nobody reads it back.
 */
export function handleOf(job: Pick<Job, 'taskId' | 'twin'>, delivery: number, stem = stemOf(job)): string {
  return delivery === 1 && job.twin === undefined ? stem : `${stem}~${delivery}`;
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
