import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HeddleError } from '../../errors.ts';
import { refuseForeignFolder } from '../shared-folder.ts';

/** What somebody else put where ours should be is not followed elsewhere. Windows has no such flag. */
const NO_LINK = constants.O_NOFOLLOW ?? 0;

/** A folder only for us, and that within it. The first part is the user's own choice and may be a link to a folder, unless others could have put it there. */
export async function makeFolder(root: string, ...below: readonly string[]): Promise<string> {
  try {
    await refuseForeignFolder(root);
    await makeWithParents(root);
    if (!(await stat(root)).isDirectory()) throw notOurs(root);
    let path = root;
    for (const name of below) {
      path = join(path, name);
      await mkdir(path, { mode: 0o700 }).catch(unless('EEXIST'));
      if (!(await lstat(path)).isDirectory()) throw notOurs(path);
    }
    return path;
  } catch (error) {
    throw failed(`make the folder ${join(root, ...below)}`, error);
  }
}

/** Node says ENOENT of the whole path when the file system is read-only: each folder asked for alone says what is wrong. */
async function makeWithParents(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    const parent = dirname(path);
    if (codeOf(error) !== 'ENOENT' || parent === path) throw error;
    await makeWithParents(parent);
    await mkdir(path, { mode: 0o700 });
  }
}

/** For reading and writing; it must not be there yet. */
export function createFile(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NO_LINK, 0o600);
}

export function openFile(path: string, use: 'read' | 'write'): Promise<FileHandle> {
  return open(path, (use === 'read' ? constants.O_RDONLY : constants.O_RDWR) | NO_LINK);
}

/** Undefined where there is none. */
export async function readText(path: string): Promise<string | undefined> {
  return await readFile(path, { encoding: 'utf8', flag: constants.O_RDONLY | NO_LINK }).catch(
    unless('ENOENT', 'ENOTDIR'),
  );
}

/** Either the old content or the new one is there, whatever happens meanwhile. */
export async function replaceFile(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const draft = `${path}.new`;
  // Of a process that ended on the way.
  await rm(draft, { force: true });
  const file = await createFile(draft);
  try {
    await write(file);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncFolder(dirname(path));
}

/** A name that was made, changed or removed outlives a power failure. */
export async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle | undefined;
  try {
    folder = await open(path, constants.O_RDONLY);
    await folder.sync();
  } catch (error) {
    // Not everywhere can a folder be opened; there the file system sees to it.
    if (!['EPERM', 'EISDIR', 'EINVAL', 'EACCES', 'ENOTSUP'].includes(codeOf(error))) throw error;
  } finally {
    await folder?.close();
  }
}

/** For `catch`: these are no errors here. */
export function unless(...codes: readonly string[]): (error: unknown) => undefined {
  return (error) => {
    if (codes.includes(codeOf(error))) return undefined;
    throw error;
  };
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'the file system is read-only',
  EIO: 'the disk failed',
  EMFILE: 'this process has too many files open',
  ENFILE: 'the system has too many files open',
  ELOOP: 'a symbolic link is in its place',
  ENOTDIR: 'a part of the path is no folder',
};

/** The error in words; one of ours passes as it is. */
export function failed(what: string, cause: unknown): HeddleError {
  if (cause instanceof HeddleError) return cause;
  const code = codeOf(cause);
  const why = REASONS[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new HeddleError('store_failed', `cannot ${what}: ${why}`, {
    cause,
    retryable: code === 'ENOSPC' || code === 'EDQUOT',
  });
}

function notOurs(path: string): HeddleError {
  return new HeddleError('store_failed', `${path} is no folder: nothing is kept there`, {
    hint: 'A symbolic link in this place is not followed; name the folder itself.',
  });
}
