import { close, constants, createReadStream, fstatSync, open, readdirSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { HeddleError } from '../errors.ts';
import { didYouMean } from '../suggest.ts';
import { unlessAborted } from '../time/wait.ts';
import type { Io } from './io.ts';
import { quotedValue } from './screen/looks-secret.ts';

/** What a flag or an argument names to be read: a file, or stdin for `-`. */
export interface Named {
  readonly name: string;
  /** The flag, or what the argument is: it stands before every complaint. */
  readonly flag: string;
}

/** Of a file, so many bytes are read at a time, unless the reader asks for more: each reading is a trip to another thread. */
const PIECE = 64 * 1024;
/** Without NONBLOCK, a FIFO is open when somebody writes into it, which may be never: that would keep a thread, and the process. */
const READ_AT_ONCE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Opens it, so that a name with a slip in it is known before anything is done. What is opened must be read or destroyed. */
export async function openInput(named: Named, io: Io, signal: AbortSignal, atATime = PIECE): Promise<Readable> {
  if (named.name === '-') return io.stdin();
  const path = resolve(io.cwd, named.name);
  const opening = openFile(path, READ_AT_ONCE);
  try {
    return await readableOf(await unlessAborted(opening, signal), path, atATime);
  } catch (cause) {
    void opening.then(
      (descriptor) => close(descriptor),
      () => {},
    );
    signal.throwIfAborted();
    throw unreadable(named, cause, path);
  }
}

function openFile(path: string, flags: number): Promise<number> {
  return new Promise((opened, failed) => {
    open(path, flags, (error, descriptor) => (error === null ? opened(descriptor) : failed(error)));
  });
}

/** What may keep its reader waiting is read by the event loop: a thread that waits could not be called back. Files need none of that. */
async function readableOf(descriptor: number, path: string, atATime: number): Promise<Readable> {
  const stat = fstatSync(descriptor);
  if (stat.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
  if (stat.isFIFO()) {
    const { Socket } = await import('node:net');
    return new Socket({ fd: descriptor, readable: true, writable: false });
  }
  if (stat.isCharacterDevice()) {
    const { isatty, ReadStream } = await import('node:tty');
    if (isatty(descriptor)) return new ReadStream(descriptor);
  }
  // No larger than the file: the last piece of one that does not fill it is copied. Some files hold more than their size says.
  return createReadStream(path, { fd: descriptor, highWaterMark: Math.max(PIECE, Math.min(stat.size, atATime)) });
}

/** Opened at once; then the bytes as they come. Ends with the signal's reason when that is aborted. */
export async function streamInput(
  named: Named,
  io: Io,
  signal: AbortSignal,
  atATime = PIECE,
): Promise<AsyncIterable<Uint8Array>> {
  return bytesOf(await openInput(named, io, signal, atATime), named, signal);
}

async function* bytesOf(stream: Readable, named: Named, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  // A stream that waits for a slow writer is not woken by a signal otherwise.
  const stop = (): void => void stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of stream) yield typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
  } catch (cause) {
    signal.throwIfAborted();
    throw unreadable(named, cause);
  } finally {
    signal.removeEventListener('abort', stop);
    stream.destroy();
  }
  signal.throwIfAborted();
}

/** As much as there is, and of too much one byte more than `most`, which tells that it is too much. */
export async function readUpTo(named: Named, io: Io, signal: AbortSignal, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of await streamInput(named, io, signal, most + 1)) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > most) break;
  }
  const [all = new Uint8Array(0)] = chunks.length > 1 ? [Buffer.concat(chunks)] : chunks;
  return all.subarray(0, most + 1);
}

/** All of it at once, when it is not more than `most` bytes, whole MiB. */
export async function readInput(named: Named, io: Io, signal: AbortSignal, most: number): Promise<Uint8Array> {
  const bytes = await readUpTo(named, io, signal, most);
  if (bytes.length <= most) return bytes;
  const limit = `${most / 2 ** 20} MiB`;
  throw new HeddleError('input_too_large', `${named.flag}: ${calledOf(named)} holds more than ${limit}`);
}

/** The same as text; a byte order mark stays in it. */
export async function readInputText(named: Named, io: Io, signal: AbortSignal, most: number): Promise<string> {
  const bytes = await readInput(named, io, signal, most);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new HeddleError('input_invalid', `${named.flag}: ${calledOf(named)} is not UTF-8`, { cause });
  }
}

function unreadable(named: Named, cause: unknown, path?: string): HeddleError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : message;
  const hint = code === 'ENOENT' && path !== undefined ? nearbyHint(path) : undefined;
  return new HeddleError('input_unreadable', `${named.flag}: cannot read ${calledOf(named)}: ${why}`, { cause, hint });
}

/** A file that is not there is a slip in its name, or another folder. */
function nearbyHint(path: string): string {
  let beside: string[] = [];
  try {
    beside = readdirSync(dirname(path));
  } catch {
    // Nor is its folder: nothing is near.
  }
  const near = didYouMean(basename(path), beside);
  return near === undefined ? 'Correct the path; - stands for stdin.' : `D${near.slice(1)}`;
}

function calledOf({ name }: Named): string {
  return name === '-' ? 'stdin' : quotedValue(name);
}
