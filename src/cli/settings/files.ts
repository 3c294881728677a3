import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import { HeddleError } from '../../errors.ts';
import { disarmLine } from '../screen/disarm.ts';
import { HIDDEN, isSecret, looksSecret } from '../screen/looks-secret.ts';

/** Credentials, certificates, contexts and .env files are small; what is larger was named by mistake. */
export const LARGEST_SETTINGS_FILE = 1024 * 1024;

/** What settings need of a file system. Reading throws Node's own errors. */
export interface SettingsFiles {
  /** At most `limit` bytes from the start; `plain`: of a regular file only. */
  read(path: string, limit: number, plain?: boolean): Uint8Array;
  /** Is there a file (or a pipe: anything but a directory)? May throw when it may not be looked at. */
  isFile(path: string): boolean;
  /** Where it really is, links followed. Throws when there is nothing. */
  real(path: string): string;
  /** Names in a directory. */
  list(directory: string): string[];
}

export const nodeFiles: SettingsFiles = {
  // Chunk by chunk, so that a pipe (`--password-file <(pass show bus)`) works and an endless device ends.
  read(path, limit, plain = false) {
    // Without NONBLOCK, opening a FIFO waits for somebody to write, and no signal ends that.
    const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const file = fstatSync(descriptor);
      if (plain && !file.isFile() && !file.isDirectory()) throw failure('NOT_A_FILE');
      const chunks: Uint8Array[] = [];
      let total = 0;
      const patience = file.isFIFO() ? { writer: WRITER_MS, byte: BYTE_MS } : { writer: 0, byte: BYTE_MS };
      while (total < limit) {
        const chunk = new Uint8Array(Math.min(64 * 1024, limit - total));
        const count = readWhenThere(descriptor, chunk, total === 0 ? patience.writer : 0, patience.byte);
        if (count === 0) break;
        chunks.push(chunk.subarray(0, count));
        total += count;
      }
      return Buffer.concat(chunks);
    } finally {
      closeSync(descriptor);
    }
  },
  isFile(path) {
    const found = statSync(path, { throwIfNoEntry: false });
    return found !== undefined && !found.isDirectory();
  },
  real: (path) => realpathSync(path),
  list: (directory) => readdirSync(directory),
};

/** How long a pipe that the user named may be without a writer, and its writer without a word: `pass` asks for a passphrase. */
const WRITER_MS = 2_000;
const BYTE_MS = 30_000;
const LOOK_MS = 10;
const sleeping = new Int32Array(new SharedArrayBuffer(4));

/** Bytes as soon as there are any; 0 is the end. */
function readWhenThere(descriptor: number, chunk: Uint8Array, writerMs: number, byteMs: number): number {
  for (let waited = 0; ; waited += LOOK_MS) {
    try {
      const count = readSync(descriptor, chunk);
      if (count > 0 || waited >= writerMs) return count;
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN') throw error;
      if (waited >= byteMs) throw failure('SILENT');
    }
    Atomics.wait(sleeping, 0, 0, LOOK_MS);
  }
}

function failure(code: 'NOT_A_FILE' | 'SILENT'): Error {
  return Object.assign(new Error(REASONS[code]), { code });
}

/**
 * The whole text of a settings file. `what` names it in errors: `the credentials file of flag --creds`. `plain`: it must be a
 * regular file, because whoever put it there is not who named it, and a pipe or a terminal would keep everything waiting.
 */
export function readSettingsText(files: SettingsFiles, path: string, what: string, plain = false): string {
  let bytes: Uint8Array;
  try {
    bytes = files.read(path, LARGEST_SETTINGS_FILE + 1, plain);
  } catch (error) {
    throw new HeddleError('settings_invalid', `cannot read ${what}: ${shownPath(path)} ${whyUnreadable(error)}`, {
      hint: 'Check the path and its permissions.',
      cause: error,
    });
  }
  if (bytes.length > LARGEST_SETTINGS_FILE) {
    throw new HeddleError('settings_invalid', `cannot read ${what}: ${shownPath(path)} is larger than 1 MiB`, {
      hint: 'Settings files are small; check that the path names the right file.',
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    throw new HeddleError('settings_invalid', `cannot read ${what}: ${shownPath(path)} is not UTF-8 text`, {
      hint: utf16 ? 'It is UTF-16, as older PowerShell writes it; save it as UTF-8.' : 'Save it as UTF-8 text.',
    });
  }
}

/** Does it lie in this directory, links followed? What is not there lies nowhere. */
export function isWithin(directory: string | undefined, path: string, files: SettingsFiles): boolean {
  if (directory === undefined) return false;
  try {
    const root = files.real(directory);
    return files.real(path).startsWith(root.endsWith(sep) ? root : root + sep);
  } catch {
    return false;
  }
}

/** Paths come from flags, environments and files: data like everything else, and now and then a secret in the wrong place. */
export function shownPath(path: string): string {
  const parts = path.split(/([/\\])/);
  const last = parts.length - 1;
  // Folders have long names of all kinds: there it takes more to be taken for a secret.
  return disarmLine(parts.map((part, at) => ((at === last ? looksSecret : isSecret)(part) ? HIDDEN : part)).join(''));
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist (a part of the path is not a directory)',
  EISDIR: 'is a directory',
  EACCES: 'may not be read (permission denied)',
  EPERM: 'may not be read (permission denied)',
  ELOOP: 'is a loop of symbolic links',
  ENAMETOOLONG: 'is too long for a path',
  ERR_INVALID_ARG_VALUE: 'is not a path',
  ENXIO: 'is a socket or a device, not a file',
  NOT_A_FILE: 'is a pipe or a device, not a file',
  SILENT: 'is a pipe into which nobody writes',
};

export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function whyUnreadable(error: unknown): string {
  const code = errorCode(error);
  return REASONS[code] ?? `cannot be read (${code || 'unknown reason'})`;
}

/** Nothing there to read, as opposed to something that refuses to be read. */
export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(errorCode(error));
}

/** Is there something to read? What may not be looked at counts: reading it says why it cannot be read. */
export function mayBeFile(files: SettingsFiles, path: string): boolean {
  try {
    return files.isFile(path);
  } catch {
    return true;
  }
}
