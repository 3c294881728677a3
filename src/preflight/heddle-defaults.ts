import { existsSync } from 'node:fs';
import { entryOf, isString, keyText, type Node } from '../config/node.ts';

/** What `heddle setup` wrote for this user. Heddle's actors read it after the environment. */
export interface HeddleDefaults {
  /** As people write it. */
  readonly path: string;
  readonly values: ReadonlyMap<string, string>;
  /** Why it could not be read; undefined also when there is none. */
  readonly problem: string | undefined;
}

const SHOWN = '~/.heddle/config.yaml';
/** Heddle flattens these sections, and lets keys at the top win over them. */
const SECTIONS = ['backends', 'rag', 'workshop'];

export async function readHeddleDefaults(home: string): Promise<HeddleDefaults> {
  const values = new Map<string, string>();
  const path = `${home}/.heddle/config.yaml`;
  if (home === '' || !existsSync(path)) return { path: SHOWN, values, problem: undefined };
  const { readConfigFile } = await import('../config/read-file.ts');
  const { root, problems } = readConfigFile(path, SHOWN);
  const [problem] = problems;
  if (problem !== undefined) return { path: SHOWN, values, problem: problem.message };
  if (root?.kind === 'map') {
    for (const section of SECTIONS) take(entryOf(root, section)?.value, values);
    take(root, values);
  }
  return { path: SHOWN, values, problem: undefined };
}

function take(node: Node | undefined, values: Map<string, string>): void {
  if (node?.kind !== 'map') return;
  for (const { key, value } of node.entries.values()) {
    if (isString(value) && value.value !== '') values.set(keyText(key), value.value);
  }
}
