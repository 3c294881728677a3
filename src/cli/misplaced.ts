import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { HeddleError } from '../errors.ts';
import { HIDDEN, quotedValue } from './screen/looks-secret.ts';

/**
 * Files that are judged are named in the answer. Throws for a name that looks like a secret and is the name of no file: it was
 * put in the wrong place.
 */
export function refuseMisplaced(paths: readonly string[], cwd: string): void {
  if (!paths.some((path) => quotedValue(path) === HIDDEN && !existsSync(resolve(cwd, path)))) return;
  throw new HeddleError('input_unreadable', `there is no such file: ${HIDDEN} (it looks like a secret)`);
}
