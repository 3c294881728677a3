import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { HeddleError } from '../errors.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { WriterClaim } from './directory/claim.ts';
import { codeOf } from './directory/files.ts';
import { refuseOtherWriters } from './other-writers.ts';
import { isOurs, isShared } from './shared-folder.ts';

/** A file that the user named, to which one process at a time adds lines: a recording, a journal. */
export interface AppendFile {
  readonly handle: FileHandle;
  readonly size: number;
  /** The bits that a file has which goes on in its place. */
  readonly mode: number;
  /**
   * Throws `store_busy` when another process took this one for dead; and when the file is not of this size, which the caller left it at:
   * then somebody writes to it whom no claim shows (by a hard link, where claims cannot be made).
   */
  confirm(size?: number): Promise<void>;
  /** Another process may add to it from now on. The handle is the caller's to close. */
  release(): Promise<void>;
}

/**
 * Opens it for appending and reading; a new one is for its owner's eyes only, one that is there keeps its mode. In a folder
 * where everybody may put something, what somebody else put there is neither followed nor written to. What is no regular
 * file (a pipe, a device) is refused, as is a second writer; all of it as errors whose message says why.
 */
export async function openToAppend(
  path: string,
  clock: Clock = systemClock,
  { devices = false }: AppendOptions = {},
): Promise<AppendFile> {
  const claim = await claimOf(path, clock);
  let handle: FileHandle | undefined;
  try {
    handle = await opened(path, devices);
    await refuseOtherWriters(handle);
    const { size, mode } = await handle.stat();
    const file = handle;
    return {
      handle,
      size,
      mode: mode & 0o777,
      confirm: async (left) => {
        await claim?.confirm();
        if (left !== undefined) await refuseOtherSize(file, left);
      },
      release: async () => await claim?.release(),
    };
  } catch (error) {
    await handle?.close();
    await claim?.release();
    throw error;
  }
}

export interface AppendOptions {
  /** A device keeps nothing, but is written to by whoever tries what happens then. Default false. */
  readonly devices?: boolean | undefined;
}

/** A new file in the place of one that was moved away. */
export async function createToAppend(path: string, mode: number): Promise<FileHandle> {
  const handle = await open(path, USE | constants.O_CREAT | constants.O_EXCL | NO_LINK, 0o600);
  await handle.chmod(mode);
  return handle;
}

const NO_LINK = constants.O_NOFOLLOW ?? 0;
/** Not to wait for a reader, should it be a pipe. */
const USE = constants.O_RDWR | constants.O_APPEND | (constants.O_NONBLOCK ?? 0);

async function opened(path: string, devices: boolean): Promise<FileHandle> {
  const shared = await isShared(dirname(path));
  const handle = await openOrCreate(path, shared ? NO_LINK : 0, shared ? constants.O_EXCL : 0);
  try {
    const file = await handle.stat();
    if (!file.isFile() && !(devices && file.isCharacterDevice())) throw refused('it is no regular file');
    if (shared && !isOurs(file)) {
      throw refused('it belongs to somebody else, in a folder that everybody may write to');
    }
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openOrCreate(path: string, noLink: number, onlyNew: number): Promise<FileHandle> {
  try {
    return await open(path, USE | noLink).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error;
      return open(path, USE | constants.O_CREAT | noLink | onlyNew, 0o600);
    });
  } catch (error) {
    // Of a link that leads nowhere, only its name is in the way.
    if (codeOf(error) !== 'ELOOP' && codeOf(error) !== 'EEXIST') throw error;
    throw refused('a symbolic link is in its place, in a folder that everybody may write to');
  }
}

async function refuseOtherSize(handle: FileHandle, left: number): Promise<void> {
  const file = await handle.stat();
  // A device has none.
  if (!file.isFile() || file.size === left) return;
  throw new HeddleError('store_busy', 'something else writes to it, too; only one may');
}

/** In a folder where no file can be made there is no claim, and what is there already may be added to all the same. */
const NO_CLAIM = ['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR'];
const LONGEST_NAME = 150;

async function claimOf(path: string, clock: Clock): Promise<WriterClaim | undefined> {
  const there = await stat(path).catch(() => undefined);
  if (there !== undefined && !there.isFile()) return undefined;
  // By whatever way the file is named, the claim stands beside the file itself.
  const place = await realpath(path)
    .catch(async () => join(await realpath(dirname(path)), basename(path)))
    .catch(() => path);
  const whole = basename(place);
  const name = Buffer.byteLength(whole) <= LONGEST_NAME ? whole : createHash('sha256').update(whole).digest('hex');
  const what = { name: `.${name}`, does: 'adds to it' };
  try {
    return await WriterClaim.take(dirname(place), clock, () => {}, what);
  } catch (error) {
    if (error instanceof HeddleError && NO_CLAIM.includes(codeOf(error.cause))) return undefined;
    throw error;
  }
}

function refused(why: string): HeddleError {
  return new HeddleError('input_unreadable', why);
}
