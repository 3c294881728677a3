import type { ConfigKind } from '../config/kind.ts';
import { entryOf, isString, type MapNode, type Node } from '../config/node.ts';
import { isSubjectToken } from '../contract/subject-grammar.ts';
import { rememberLast } from './remember.ts';
import type { ConfigSubject } from './rule.ts';
import { stagesOf } from './stages.ts';

export interface Doubtful {
  readonly node: Node;
  readonly text: string;
  readonly what: string;
  readonly reason: string;
  /** The subject cannot be used, or means another; otherwise it works, and surprises. */
  readonly fatal: boolean;
}

type Add = (node: Node | undefined, what: string) => void;

/** Names that become tokens of subjects: of workers, of schedulers, and of the workers that others send tasks to. */
const GATHER: Readonly<Partial<Record<ConfigKind, (root: MapNode, add: Add) => void>>> = {
  worker: (root, add) => add(entryOf(root, 'name')?.value, 'the worker name'),
  scheduler: (root, add) => {
    add(entryOf(root, 'name')?.value, 'the scheduler name');
    inList(root, 'schedules', (entry) => {
      add(entryOf(entryOf(entry, 'task')?.value, 'worker_type')?.value, 'the worker_type');
    });
  },
  pipeline: (root, add) => {
    for (const { map } of stagesOf(root).all) add(entryOf(map, 'worker_type')?.value, 'the worker_type');
  },
  orchestrator: (root, add) => {
    inList(root, 'available_workers', (worker) => add(entryOf(worker, 'name')?.value, 'the worker name'));
  },
  council: (root, add) => {
    inList(root, 'agents', (agent) => add(entryOf(agent, 'worker_type')?.value, 'the worker_type'));
  },
  router: (root, add) => {
    const overrides = entryOf(root, 'tier_overrides')?.value;
    if (overrides?.kind !== 'map') return;
    for (const { key } of overrides.entries.values()) add(key, 'the worker_type');
  },
};

/** The names of a config that are not as a subject token should be. */
export const doubtfulNames = rememberLast(({ kind, root }: ConfigSubject): readonly Doubtful[] => {
  const found: Doubtful[] = [];
  GATHER[kind]?.(root, (node, what) => {
    if (!isString(node)) return;
    const problem = tokenProblem(node.value);
    if (problem !== undefined) found.push({ node, text: node.value, what, ...problem });
  });
  return found;
});

function inList(root: MapNode, key: string, each: (item: MapNode) => void): void {
  const list = entryOf(root, key)?.value;
  if (list?.kind !== 'seq') return;
  for (const item of list.items) if (item.kind === 'map') each(item);
}

function tokenProblem(name: string): { reason: string; fatal: boolean } | undefined {
  if (isSubjectToken(name)) return undefined;
  if (name === '') return { reason: 'it is empty', fatal: true };
  if (/[\s\x00-\x1f\x7f]/.test(name)) return { reason: 'it holds white space or control characters', fatal: true };
  if (/[*>]/.test(name)) return { reason: '* and > are wildcards', fatal: true };
  if (/^\.|\.$|\.\./.test(name)) return { reason: 'a dot at its edge leaves an empty token', fatal: true };
  if (name.length > 128) return { reason: 'it is longer than 128 characters', fatal: false };
  return name.includes('.')
    ? { reason: 'its dots make several tokens of it', fatal: false }
    : { reason: 'it holds other characters than letters, digits, - and _', fatal: false };
}
