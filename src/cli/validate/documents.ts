import { resolve } from 'node:path';
import { type ConfigDocument, readDocument } from '../../config/document.ts';
import { readConfigFile } from '../../config/read-file.ts';
import type { CommandOptions } from '../command.ts';
import type { Session } from '../session.ts';

/** One document after another, each read when it is asked for: a run of thousands of files holds one at a time. */
export function* documents(
  session: Session,
  files: readonly string[],
  stdin: Uint8Array | undefined,
  options: CommandOptions,
): Generator<ConfigDocument> {
  for (const file of files) {
    if (file === '-' && stdin !== undefined) yield readDocument(String(options.stdinFilename), stdin);
    else yield readConfigFile(resolve(session.io.cwd, file), file);
  }
}
