import { entryOf, isString, keyText, type Node } from '../config/node.ts';
import { readConfigFile } from '../config/read-file.ts';
import { HEDDLE_DEFAULTS, type HeddleDefaults } from './probe.ts';

/** Heddle flattens these sections, and lets keys at the top win over them. */
const SECTIONS = ['backends', 'rag', 'workshop'];

export function readHeddleDefaults(path: string): HeddleDefaults {
  const values = new Map<string, string>();
  const { root, problems } = readConfigFile(path, HEDDLE_DEFAULTS);
  const [problem] = problems;
  if (problem !== undefined) return { path: HEDDLE_DEFAULTS, values, problem: problem.message };
  if (root?.kind === 'map') {
    for (const section of SECTIONS) take(entryOf(root, section)?.value, values);
    take(root, values);
  }
  return { path: HEDDLE_DEFAULTS, values, problem: undefined };
}

function take(node: Node | undefined, values: Map<string, string>): void {
  if (node?.kind !== 'map') return;
  for (const { key, value } of node.entries.values()) {
    if (isString(value) && value.value !== '') values.set(keyText(key), value.value);
  }
}
