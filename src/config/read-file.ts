import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { type ConfigDocument, readDocument, readText, unreadableDocument } from './document.ts';
import type { DocumentProblem, ProblemCode } from './problem.ts';
import { tooLarge } from './reading-problems.ts';
import { BYTE_ORDER_MARK, MAX_FILE_BYTES } from './text.ts';

/** Reads one config file. Whatever the name leads to, it comes back as a document or as the reason why there is none. */
export function readConfigFile(path: string, shown = path): ConfigDocument {
  // A caller's way of making paths absolute would lead to a directory.
  if (shown === '') return unreadableDocument('""', problem('missing', 'the name of the file is empty', 'missing'));
  const text = readQuickly(path);
  if (text !== undefined) return readText(shown, text);
  const bytes = readBounded(path);
  return bytes instanceof Uint8Array ? readDocument(shown, bytes) : unreadableDocument(shown, bytes);
}

/**
 * Two calls into the runtime where the careful way takes six: an ordinary file whose text needs no second look. Node puts
 * U+FFFD where bytes are no UTF-8, so a text that holds one goes the careful way.
 */
function readQuickly(path: string): string | undefined {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isFile() !== true || stat.size > MAX_FILE_BYTES) return undefined;
    const text = readFileSync(path, 'utf8');
    // A file that grew since is the careful way's to refuse.
    if (text.length > MAX_FILE_BYTES || text.includes('\ufffd')) return undefined;
    return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  } catch {
    return undefined;
  }
}

function readBounded(path: string): Uint8Array | DocumentProblem {
  let file: number;
  try {
    // Without NONBLOCK, opening a FIFO waits for somebody to write.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    return openProblem(error);
  }
  try {
    const stat = fstatSync(file);
    if (stat.isDirectory()) return problem('directory', 'it is a directory, not a file', 'crash');
    if (!stat.isFile()) return problem('not_a_file', 'it is a pipe, socket or device, not a file', 'loads');
    if (stat.size > MAX_FILE_BYTES) return tooLarge(stat.size);
    return readUpTo(file, stat.size);
  } catch (error) {
    return openProblem(error);
  } finally {
    closeSync(file);
  }
}

/** The size may change while reading; whatever is over the limit by then is refused by the reader of documents. */
function readUpTo(file: number, size: number): Uint8Array {
  const buffer = Buffer.allocUnsafe(size);
  let filled = 0;
  while (filled < size) {
    const read = readSync(file, buffer, filled, size - filled, null);
    if (read === 0) break;
    filled += read;
  }
  return buffer.subarray(0, filled);
}

function openProblem(error: unknown): DocumentProblem {
  const code = (error as NodeJS.ErrnoException).code;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return problem('missing', 'there is no such file', 'missing');
    case 'EISDIR':
      return problem('directory', 'it is a directory, not a file', 'crash');
    case 'ENXIO':
      return problem('not_a_file', 'it is a pipe, socket or device, not a file', 'loads');
    case 'ELOOP':
      return problem('unreadable', 'its symbolic links go round in a circle', 'crash');
    case 'EACCES':
    case 'EPERM':
      return problem('unreadable', 'it may not be read (permission denied)', 'crash');
    default:
      return problem('unreadable', `it cannot be read (${code ?? 'unknown reason'})`, 'crash');
  }
}

function problem(code: ProblemCode, message: string, python: DocumentProblem['python']): DocumentProblem {
  return { code, message, offset: 0, python };
}
