import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve, sep } from 'node:path';
import { HeddleError } from '../errors.ts';

export interface ProgramPlace {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
}

/** The file that a program name stands for, as the operating system would find it; undefined when there is none. */
export async function findProgram(program: string, place: ProgramPlace): Promise<string | undefined> {
  for (const file of candidates(program, place)) if ((await lookAt(file)) === 'program') return file;
  return undefined;
}

/** So that a misspelt name is an error at the start, and not one of every use. */
export async function requireProgram(program: string, place: ProgramPlace): Promise<void> {
  let seen = 'there is no such program';
  for (const file of candidates(program, place)) {
    const found = await lookAt(file);
    if (found === 'program') return;
    if (found === 'other') seen = 'that is no executable file';
  }
  throw new HeddleError('usage', `cannot start ${JSON.stringify(program)}: ${seen}`, {
    hint: 'Give the path of an executable file, or a name on the PATH. Shell words (pipes, variables) mean nothing here.',
  });
}

/** Where it may be, in the order in which the operating system looks. */
function candidates(program: string, place: ProgramPlace): string[] {
  const windows = place.platform === 'win32';
  const endings = windows ? ['', ...(place.env.PATHEXT ?? '.COM;.EXE;.BAT;.CMD').split(';')] : [''];
  if (program.includes('/') || (windows && program.includes(sep))) {
    return endings.map((ending) => resolve(place.cwd, program + ending));
  }
  const folders = (place.env.PATH ?? place.env.Path ?? '').split(delimiter);
  return folders.flatMap((folder) => endings.map((ending) => join(folder || place.cwd, program + ending)));
}

async function lookAt(file: string): Promise<'program' | 'other' | 'nothing'> {
  try {
    if (!(await stat(file)).isFile()) return 'other';
  } catch {
    return 'nothing';
  }
  try {
    await access(file, constants.X_OK);
    return 'program';
  } catch {
    return 'other';
  }
}
