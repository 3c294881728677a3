import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { HeddleError } from '../../errors.ts';
import type { Io } from '../io.ts';
import type { Shown } from './parts.ts';

/** Where it goes when nothing else is said: `heddle-top-workers-20261128-095519.json`. */
export function savePath(title: string, now: number): string {
  const time = new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return `heddle-top-${title.toLowerCase().replaceAll(' ', '-')}-${time}.json`;
}

/** A file of one's own, readable by nobody else; never over one that is there. */
export async function save({ cwd, clock }: Io, path: string, { screen, title, rows }: Shown): Promise<string> {
  const document = { schema_version: 1, saved_at: new Date(clock.now()).toISOString(), title, screen, rows };
  try {
    await writeFile(resolve(cwd, path), `${JSON.stringify(document, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new HeddleError(
      'output_unwritable',
      code === 'EEXIST' ? `${path} is there already, and stays as it is` : `cannot write ${path}: ${message}`,
      { cause },
    );
  }
  return `written: ${path}`;
}
