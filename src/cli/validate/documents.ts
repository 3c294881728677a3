import { resolve } from 'node:path';
import { type ConfigDocument, readDocument } from '../../config/document.ts';
import { readConfigFile } from '../../config/read-file.ts';
import type { Session } from '../session.ts';
import type { ValidateFlags } from './flags.ts';

/** One document after another, each read when it is asked for: a run of thousands of files holds one at a time. */
export function* documents(
  session: Session,
  files: readonly string[],
  stdin: Uint8Array | undefined,
  { stdinFilename }: ValidateFlags,
): Generator<ConfigDocument> {
  for (const file of files) {
    if (file === '-' && stdin !== undefined) yield readDocument(stdinFilename, stdin);
    else yield readConfigFile(resolve(session.io.cwd, file), file);
  }
}
