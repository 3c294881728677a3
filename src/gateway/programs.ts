import type { ProgramOptions } from '../child/program.ts';
import type { Means } from './part.ts';

/** Where a program of the config runs, and what it is given of our environment. */
export type Place = Required<Pick<ProgramOptions, 'cwd' | 'env' | 'platform'>>;

/** What any program needs. */
const USUAL_ENV = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'SYSTEMROOT'];

/** What it has after its input ended; then it is told, then it is ended with all that it started. */
export const STOP_MS = 1_500;

/** It is given what any program needs and the variables that the config names, and nothing else: secrets stand there. */
export function placeOf(names: readonly string[], { secrets, platform = 'linux' }: Means): Place {
  const env = Object.fromEntries([...USUAL_ENV, ...names].map((name) => [name, secrets.env[name]]));
  return { cwd: secrets.folder ?? '.', env, platform };
}
