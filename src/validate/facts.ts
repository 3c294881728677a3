import type { Locator } from '../config/document.ts';
import type { ConfigKind } from '../config/kind.ts';
import { entryOf, isString, keyText, type MapNode, mapsIn, type Node } from '../config/node.ts';
import type { Place } from './finding.ts';
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
    needs: needsOf(kind, root, reference),
  };
}

function workerKindOf(root: MapNode): 'llm' | 'processor' | undefined {
  const node = entryOf(root, 'worker_kind')?.value;
  if (node === undefined) return 'llm';
  return isString(node) && (node.value === 'llm' || node.value === 'processor') ? node.value : undefined;
}

function tierOf(root: MapNode, kind: 'llm' | 'processor'): string {
  const node = entryOf(root, 'default_model_tier')?.value;
  // What `heddle worker` and `heddle processor` take when they are told none.
  return isString(node) ? node.value : kind === 'processor' ? 'local' : 'standard';
}

type Refer = (place: Place, name: string, by: string) => Reference;

function needsOf(kind: FileFacts['kind'], root: MapNode, refer: Refer): readonly Reference[] {
  const found: Reference[] = [];
  const add = (node: Node | undefined, by: string): void => {
    if (isString(node)) found.push(refer(node, node.value, by));
  };
  switch (kind) {
    case 'pipeline':
      for (const stage of mapsIn(root, 'pipeline_stages'))
        add(entryOf(stage, 'worker_type')?.value, `stage ${label(stage)}`);
      break;
    case 'orchestrator':
      for (const worker of mapsIn(root, 'available_workers')) add(entryOf(worker, 'name')?.value, 'available_workers');
      break;
    case 'scheduler':
      for (const entry of mapsIn(root, 'schedules'))
        add(entryOf(entryOf(entry, 'task')?.value, 'worker_type')?.value, `schedule ${label(entry)}`);
      break;
    case 'council':
      for (const agent of mapsIn(root, 'agents')) add(entryOf(agent, 'worker_type')?.value, `agent ${label(agent)}`);
      break;
    case 'router': {
      const overrides = entryOf(root, 'tier_overrides')?.value;
      if (overrides?.kind === 'map') for (const { key } of overrides.entries.values()) add(key, 'a tier override');
      break;
    }
  }
  return found;
}

function label(map: MapNode): string {
  const node = entryOf(map, 'name')?.value;
  return node?.kind === 'scalar' ? `'${keyText(node)}'` : 'without a name';
}
