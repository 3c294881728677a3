import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve, sep } from 'node:path';

export interface ProgramPlace {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
}

/** The file that a program name stands for, as the operating system would find it; undefined when there is none. */
export async function findProgram(program: string, place: ProgramPlace): Promise<string | undefined> {
  const windows = place.platform === 'win32';
  const endings = windows ? ['', ...(place.env.PATHEXT ?? '.COM;.EXE;.BAT;.CMD').split(';')] : [''];
  const isPath = program.includes('/') || (windows && program.includes(sep));
  const folders = isPath ? [''] : (place.env.PATH ?? place.env.Path ?? '').split(delimiter);
  for (const folder of folders) {
    for (const ending of endings) {
      const file = isPath
        ? resolve(place.cwd, program + ending)
        : join(folder === '' ? place.cwd : folder, program + ending);
      if (await isProgram(file)) return file;
    }
  }
  return undefined;
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
