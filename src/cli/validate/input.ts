import { resolve } from 'node:path';
import { MAX_FILE_BYTES } from '../../config/text.ts';
import { HeddleError } from '../../errors.ts';
import type { Session } from '../session.ts';

/** All of stdin, up to the size that a config may have and one byte more, which tells that it is too large. */
export async function readStdin(session: Session, limit = MAX_FILE_BYTES): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of session.io.stdin()) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer);
    chunks.push(bytes);
    size += bytes.length;
    if (size > limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit + 1);
}

/** A file that the command line names and that must be there: a payload, a list of messages. */
export async function readNamed(session: Session, path: string, limit: number): Promise<Uint8Array> {
  if (path === '-') return bounded('stdin', await readStdin(session, limit), limit);
  const { open } = await import('node:fs/promises');
  const { constants } = await import('node:fs');
  try {
    // Without NONBLOCK, opening a FIFO waits for somebody to write.
    const file = await open(resolve(session.io.cwd, path), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw new HeddleError('input_unreadable', `${path} is no file`);
      if (stat.size > limit) throw tooLarge(path, limit);
      return bounded(path, await file.readFile(), limit);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof HeddleError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new HeddleError('input_unreadable', `${path} cannot be read (${code})`, { cause: error });
  }
}

function bounded(name: string, bytes: Uint8Array, limit: number): Uint8Array {
  if (bytes.byteLength > limit) throw tooLarge(name, limit);
  return bytes;
}

function tooLarge(name: string, limit: number): HeddleError {
  return new HeddleError('input_too_large', `${name} is larger than ${limit.toLocaleString('en')} bytes`);
}
