import type { ConfigKind } from '../config/kind.ts';
import { entryOf, isString, type MapNode, type Node } from '../config/node.ts';
import { isSubjectToken } from '../contract/subject-grammar.ts';
import { stagesOf } from './stages.ts';

interface Named {
  readonly node: Node;
  readonly text: string;
  readonly what: string;
}

/** Names that become tokens of subjects: of workers, of schedulers, and of the workers that others send tasks to. */
export function* namesIn(kind: ConfigKind, root: MapNode): Generator<Named> {
  switch (kind) {
    case 'worker':
      yield* text(entryOf(root, 'name')?.value, 'the worker name');
      return;
    case 'scheduler':
      yield* text(entryOf(root, 'name')?.value, 'the scheduler name');
      yield* inList(root, 'schedules', (entry) => {
        const task = entryOf(entry, 'task')?.value;
        return text(entryOf(task, 'worker_type')?.value, 'the worker_type');
      });
      return;
    case 'pipeline':
      for (const { map } of stagesOf(root).all) yield* text(entryOf(map, 'worker_type')?.value, 'the worker_type');
      return;
    case 'orchestrator':
      yield* inList(root, 'available_workers', (worker) => text(entryOf(worker, 'name')?.value, 'the worker name'));
      return;
    case 'council':
      yield* inList(root, 'agents', (agent) => text(entryOf(agent, 'worker_type')?.value, 'the worker_type'));
      return;
    case 'router': {
      const overrides = entryOf(root, 'tier_overrides')?.value;
      if (overrides?.kind === 'map') {
        for (const { key } of overrides.entries.values()) yield* text(key, 'the worker_type');
      }
      return;
    }
    default:
      return;
  }
}

function* text(node: Node | undefined, what: string): Generator<Named> {
  if (isString(node)) yield { node, text: node.value, what };
}

function* inList(root: MapNode, key: string, each: (item: MapNode) => Generator<Named>): Generator<Named> {
  const list = entryOf(root, key)?.value;
  if (list?.kind !== 'seq') return;
  for (const item of list.items) if (item.kind === 'map') yield* each(item);
}

/** Fatal: the subject cannot be used, or means another. Otherwise it works, and surprises. */
export function tokenProblem(name: string): { reason: string; fatal: boolean } | undefined {
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
