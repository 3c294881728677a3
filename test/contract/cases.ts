import { readFileSync } from 'node:fs';

/** Rows measured in Python by cases/measure.py. Read from the source tree, two levels above the compiled tests. */
export function readCases<T>(name: string): T[] {
  return JSON.parse(readFileSync(new URL(`../../../test/contract/cases/${name}`, import.meta.url), 'utf8')) as T[];
}
