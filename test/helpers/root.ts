import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, from compiled tests and from sources run unbuilt alike. */
export const ROOT = findRoot(dirname(fileURLToPath(import.meta.url)));

export function inProject(...parts: string[]): string {
  return join(ROOT, ...parts);
}

function findRoot(from: string): string {
  if (existsSync(join(from, 'package.json'))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error('no package.json above the tests');
  return findRoot(parent);
}
