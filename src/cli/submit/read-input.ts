import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { HeddleError } from '../../errors.ts';
import type { Io } from '../io.ts';
import { quoted } from '../screen/disarm.ts';

/** Servers take 1 MiB as a rule and 64 MiB at most. */
const LARGEST = 64 * 1024 * 1024;

/** The text behind `--payload`: the value itself, `@file`, or `-` for stdin; and what to call it in messages. */
export async function readPayloadText(
  value: string,
  io: Io,
  signal: AbortSignal,
): Promise<{ text: string; source: string }> {
  if (value !== '-' && !value.startsWith('@')) return { text: value, source: '--payload' };
  const name = value === '-' ? '-' : value.slice(1);
  const source = value === '-' ? 'stdin' : name;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of openInput(name, '--payload', io, signal)) {
    size += chunk.length;
    if (size > LARGEST) throw new HeddleError('input_too_large', `${source} holds more than 64 MiB`);
    chunks.push(chunk);
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)), source };
  } catch (cause) {
    throw new HeddleError('input_invalid', `${source} is not UTF-8`, { cause });
  }
}

/** The bytes of a file or, for `-`, of stdin. Ends with the signal's reason when that is aborted. */
export async function* openInput(name: string, flag: string, io: Io, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const stream = name === '-' ? io.stdin() : createReadStream(resolve(io.cwd, name), { highWaterMark: 64 * 1024 });
  // A stream that waits for a slow writer is not woken by a signal otherwise.
  const stop = (): void => void stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of stream) yield typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
  } catch (cause) {
    signal.throwIfAborted();
    const code = (cause as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : reasonOf(cause);
    const shown = name === '-' ? 'stdin' : quoted(name);
    throw new HeddleError('input_unreadable', `${flag}: cannot read ${shown}: ${why}`, { cause });
  } finally {
    signal.removeEventListener('abort', stop);
    stream.destroy();
  }
  signal.throwIfAborted();
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
