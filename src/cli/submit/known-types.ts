import { resolve } from 'node:path';
import type { Io } from '../io.ts';

/** Where Heddle's own commands look for configs, too. */
const CONFIGS = 'configs';
const MOST_FILES = 500;

/** The names of the workers that the folder `configs` describes, for a name that may be misspelt. */
export async function knownTypes({ cwd }: Pick<Io, 'cwd'>): Promise<readonly string[]> {
  const folder = resolve(cwd, CONFIGS);
  const [{ configsUnder, isDirectory }, { tryConfig }, { expectedOf }] = await Promise.all([
    import('../../config/find-files.ts'),
    import('../../preflight/config-trials.ts'),
    import('../../preflight/expected.ts'),
  ]);
  if (!isDirectory(folder)) return [];
  const trials = configsUnder(folder)
    .slice(0, MOST_FILES)
    .map((path) => tryConfig(path, (each) => each));
  return expectedOf(trials).workers.map(({ type }) => type);
}
