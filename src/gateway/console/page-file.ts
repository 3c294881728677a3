import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HeddleError } from '../../errors.ts';

const FILE = join('pages', 'console.html');
/** Whether compiled, bundled or as it was written, the code stands so far below the package at most. */
const MOST_ABOVE = 5;

/** Where a binary is made another takes the place of this module: there the page is inside. Throws `settings_invalid` where this package came without it. */
export function readPageFile(): Buffer {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let above = 0; above < MOST_ABOVE; above += 1) {
    if (existsSync(join(folder, FILE))) return readFileSync(join(folder, FILE));
    folder = dirname(folder);
  }
  throw new HeddleError('settings_invalid', `there is no console to serve: ${FILE} is missing beside this program`);
}
