import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type ConfigDocument, readDocument, tooLarge, unreadableDocument } from './document.ts';
import type { DocumentProblem, ProblemCode } from './problem.ts';
import { MAX_FILE_BYTES } from './text.ts';

/** Reads one config file. Whatever the name leads to, it comes back as a document or as the reason why there is none. */
export function readConfigFile(path: string, shown = path): ConfigDocument {
  const bytes = readBounded(path);
  return bytes instanceof Uint8Array ? readDocument(shown, bytes) : unreadableDocument(shown, bytes);
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
