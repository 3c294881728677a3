import { shownRef, type TextRef } from '../config/views/gateway-config/secret.ts';
import { HeddleError, isHeddleError } from '../errors.ts';

/** Where the secrets of a config are found. Nothing of them is ever shown. */
export interface SecretSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A file, relative to the config. Throws what the system throws, or a HeddleError that says what is wrong with it. */
  read(path: string): string;
  /** From where the config's programs and files are named. Default: where this process works. */
  readonly folder?: string | undefined;
}

/** Shorter ones can be guessed. In bytes. */
const SHORTEST = 16;

/** The text of a secret, without the line end that editors leave in files. `what` names it in messages. `shortest`: in bytes. */
export function secretText(ref: TextRef, source: SecretSource, what: string, shortest = SHORTEST): string {
  const text = 'text' in ref ? ref.text : 'env' in ref ? source.env[ref.env] : readFile(ref.file, source, what);
  const trimmed = text?.replace(/\r?\n$/, '');
  if (trimmed === undefined || trimmed === '') {
    const why = 'env' in ref ? 'is not set' : 'is empty';
    throw new HeddleError('settings_invalid', `${what}: ${shownRef(ref)} ${why}`);
  }
  if (Buffer.byteLength(trimmed) < shortest) {
    throw new HeddleError('settings_invalid', `${what}: ${shownRef(ref)} holds fewer than ${shortest} bytes`, {
      hint: 'Take a random one, for example from: openssl rand -base64 32',
    });
  }
  return trimmed;
}

export function readFile(path: string, source: SecretSource, what: string): string {
  try {
    return source.read(path);
  } catch (cause) {
    const { code = 'unknown reason' } = cause as NodeJS.ErrnoException;
    const unread = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    const why = isHeddleError(cause) ? cause.message : unread;
    throw new HeddleError('settings_invalid', `${what}: the file ${path}: ${why}`, { cause });
  }
}
