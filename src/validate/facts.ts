import type { Locator } from '../config/document.ts';
import type { ConfigKind } from '../config/kind.ts';
import { entryOf, isString, keyText, type MapNode, type Node } from '../config/node.ts';
import type { Place } from './rule.ts';
import type { Subject } from './subject.ts';

export interface Reference extends Place {
  readonly where: Locator;
  readonly name: string;
  /** What names it, for messages: `stage 'extract'`. */
  readonly by: string;
}

/** What one file tells the others. Small, so that a run of thousands of files keeps no documents. */
export interface FileFacts {
  readonly file: string;
  readonly kind: ConfigKind | 'unknown';
  readonly name: Reference | undefined;
  /** Of a worker: an LLM worker and a processor of one name listen in two queue groups. */
  readonly workerKind: 'llm' | 'processor' | undefined;
  readonly tier: string | undefined;
  /** Names of workers that this file expects to exist. */
  readonly needs: readonly Reference[];
}

export function factsOf(subject: Subject): FileFacts {
  const { document, root, kind } = subject;
  const { path, position, line } = document;
  const where: Locator = { path, position, line };
  const reference = ({ start, end }: Place, name: string, by: string): Reference => ({ where, start, end, name, by });
  if (root === undefined) {
    return { file: document.path, kind, name: undefined, workerKind: undefined, tier: undefined, needs: [] };
  }
  const name = entryOf(root, 'name')?.value;
  const workerKind = kind === 'worker' ? workerKindOf(root) : undefined;
  return {
    file: document.path,
    kind,
    name: isString(name) ? reference(name, name.value, kind) : undefined,
    workerKind,
    tier: workerKind === undefined ? undefined : tierOf(root, workerKind),
    needs: [...needsOf(kind, root)].map(([node, worker, by]) => reference(node, worker, by)),
  };
}

function workerKindOf(root: MapNode): 'llm' | 'processor' | undefined {
  const node = entryOf(root, 'worker_kind')?.value;
  if (node === undefined) return 'llm';
  return isString(node) && (node.value === 'llm' || node.value === 'processor') ? node.value : undefined;
}

function tierOf(root: MapNode, kind: 'llm' | 'processor'): string {
  const node = entryOf(root, 'default_model_tier')?.value;
  // What `heddle worker` and `heddle processor` take without --tier.
  return isString(node) ? node.value : kind === 'processor' ? 'local' : 'standard';
}

function* needsOf(kind: FileFacts['kind'], root: MapNode): Generator<[Node, string, string]> {
  switch (kind) {
    case 'pipeline':
      for (const stage of mapsIn(root, 'pipeline_stages')) yield* named(stage, 'worker_type', `stage ${label(stage)}`);
      return;
    case 'orchestrator':
      for (const worker of mapsIn(root, 'available_workers')) yield* named(worker, 'name', 'available_workers');
      return;
    case 'router': {
      const overrides = entryOf(root, 'tier_overrides')?.value;
      if (overrides?.kind !== 'map') return;
      for (const { key } of overrides.entries.values()) if (isString(key)) yield [key, key.value, 'a tier override'];
      return;
    }
    case 'scheduler':
      for (const entry of mapsIn(root, 'schedules')) {
        const task = entryOf(entry, 'task')?.value;
        if (task?.kind === 'map') yield* named(task, 'worker_type', `schedule ${label(entry)}`);
      }
      return;
    case 'council':
      for (const agent of mapsIn(root, 'agents')) yield* named(agent, 'worker_type', `agent ${label(agent)}`);
      return;
    default:
      return;
  }
}

function* mapsIn(root: MapNode, key: string): Generator<MapNode> {
  const list = entryOf(root, key)?.value;
  if (list?.kind !== 'seq') return;
  for (const item of list.items) if (item.kind === 'map') yield item;
}

function* named(map: MapNode, key: string, by: string): Generator<[Node, string, string]> {
  const node = entryOf(map, key)?.value;
  if (isString(node)) yield [node, node.value, by];
}

function label(map: MapNode): string {
  const node = entryOf(map, 'name')?.value;
  return node?.kind === 'scalar' ? `'${keyText(node)}'` : 'without a name';
}
