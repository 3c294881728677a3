import { lstat, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as us from 'node:process';
import { HeddleError } from '../errors.ts';

const STICKY = 0o1000;
const OTHERS_WRITE = 0o002;

/** May everybody put something there, as into /tmp? */
export async function isShared(folder: string): Promise<boolean> {
  const { mode } = await stat(folder);
  return (mode & STICKY) !== 0 && (mode & OTHERS_WRITE) !== 0;
}

/** Is it of this user, or of the system's? */
export function isOurs({ uid }: { readonly uid: number }): boolean {
  return [us.geteuid?.(), 0].includes(uid);
}

/** Throws where a folder that is to be written in was put by somebody else, who could read along, or lead us elsewhere. */
export async function refuseForeignFolder(path: string): Promise<void> {
  if (!(await isShared(dirname(path)).catch(() => false))) return;
  const there = await lstat(path).catch(() => undefined);
  if (there?.isSymbolicLink() === true) throw refused(path, 'a symbolic link is in its place');
  if (there !== undefined && !isOurs(there)) throw refused(path, 'it belongs to somebody else');
}

function refused(path: string, why: string): HeddleError {
  return new HeddleError(
    'store_failed',
    `nothing is kept in ${path}: ${why}, in a folder that everybody may write to`,
    {
      hint: 'Name a folder below one of your own.',
    },
  );
}
