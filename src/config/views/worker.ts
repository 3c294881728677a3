import { MODEL_TIERS, type ModelTier } from '../../contract/messages.ts';
import type { ConfigDocument } from '../document.ts';
import { entryOf, isNull, type MapNode } from '../node.ts';
import { contractOf, toPlain } from '../plain.ts';
import { type ConfigResult, View } from './view.ts';

/** What a running worker needs to know of its config. */
export interface WorkerConfig {
  readonly name: string;
  readonly kind: 'llm' | 'processor';
  /** `default_model_tier`, or what Heddle's command line takes without it: local for a processor, standard for an LLM worker. */
  readonly tier: ModelTier;
  /** Whether the file says so itself. */
  readonly tierDeclared: boolean;
  readonly timeoutSeconds: number | undefined;
  readonly processingBackend: string | undefined;
  /** Of a worker in another language: there is no Python class to import. */
  readonly implementation: unknown;
  readonly inputSchema: Readonly<Record<string, unknown>> | undefined;
  readonly outputSchema: Readonly<Record<string, unknown>> | undefined;
  /** The same schemas for Heddle's shallow check, which goes by the order of the file. */
  readonly inputContract: Readonly<Record<string, unknown>> | undefined;
  readonly outputContract: Readonly<Record<string, unknown>> | undefined;
}

export function readWorkerConfig(document: ConfigDocument): ConfigResult<WorkerConfig> {
  const view = new View(document);
  const root = view.root();
  if (root === undefined) return view.failed();
  const name = view.requiredText(root, 'name');
  const kindNode = entryOf(root, 'worker_kind')?.value;
  if (kindNode !== undefined && isNull(kindNode)) view.reject(kindNode, "'worker_kind' must be 'llm' or 'processor'");
  const kind = view.choice(root, 'worker_kind', ['llm', 'processor'] as const) ?? 'llm';
  const tier = view.choice(root, 'default_model_tier', MODEL_TIERS);
  const implementation = entryOf(root, 'implementation')?.value;
  return view.done({
    name,
    kind,
    tier: tier ?? (kind === 'processor' ? 'local' : 'standard'),
    tierDeclared: tier !== undefined,
    timeoutSeconds: view.positive(root, 'timeout_seconds'),
    processingBackend: view.text(root, 'processing_backend'),
    implementation: implementation === undefined ? undefined : toPlain(implementation),
    inputSchema: schemaOf(view, root, 'input_schema'),
    outputSchema: schemaOf(view, root, 'output_schema'),
    inputContract: contractAt(root, 'input_schema'),
    outputContract: contractAt(root, 'output_schema'),
  });
}

export function schemaOf(view: View, parent: MapNode, key: string): Readonly<Record<string, unknown>> | undefined {
  const node = entryOf(parent, key)?.value;
  if (node === undefined) return undefined;
  if (node.kind === 'map') return toPlain(node) as Record<string, unknown>;
  view.reject(node, `'${key}' must be a mapping (a JSON Schema)`);
  return undefined;
}

function contractAt(root: MapNode, key: string): Readonly<Record<string, unknown>> | undefined {
  const node = entryOf(root, key)?.value;
  return node?.kind === 'map' ? contractOf(node) : undefined;
}
