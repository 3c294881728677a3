// The program as one binary takes it in: the bundle of the command line with all that it finds beside itself elsewhere.
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../bundle.mjs';

/** Writes it into `dir`; answers its entry, and the ids of the modules that stand in it. */
export async function writeProgram(dir) {
  // A binary has no folder of packages: what is optional elsewhere is inside.
  const modules = await bundle(join(dir, 'cli'), { plugins: [pageInside], external: [] });
  const entry = join(dir, 'heddle-ts.cjs');
  copyFileSync(fileURLToPath(new URL('./entry.cjs', import.meta.url)), entry);
  return { entry, modules };
}

const pageInside = {
  name: 'page-inside',
  load(id) {
    if (!/[\\/]gateway[\\/]console[\\/]page-file\.ts$/.test(id)) return null;
    const page = readFileSync(new URL('../../pages/console.html', import.meta.url), 'utf8');
    return {
      code: `const PAGE = ${JSON.stringify(page)};\nexport const readPageFile = () => Buffer.from(PAGE);`,
      moduleType: 'js',
    };
  },
};
