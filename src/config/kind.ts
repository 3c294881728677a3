import type { MapNode, Node } from './node.ts';

export const CONFIG_KINDS = [
  'worker',
  'pipeline',
  'orchestrator',
  'router',
  'scheduler',
  'mcp',
  'council',
  'app',
  'gateway',
] as const;
/** The sorts of config that Heddle has, and the gateway's, which is ours. */
export type ConfigKind = (typeof CONFIG_KINDS)[number];

/** The type that `heddle validate` prints in brackets: only the presence of keys counts, the first match wins. */
export type HeddleKind = 'worker' | 'pipeline' | 'orchestrator' | 'unknown';

export function heddleKind(root: Node | undefined): HeddleKind {
  if (root?.kind !== 'map') return 'unknown';
  const has = (key: string): boolean => root.entries.has(key);
  if (has('pipeline_stages')) return 'pipeline';
  if (has('system_prompt') || has('processing_backend') || has('worker_kind')) return 'worker';
  if (has('available_workers')) return 'orchestrator';
  return has('input_schema') && has('output_schema') ? 'worker' : 'unknown';
}

/** Keys that only an orchestrator reads; Heddle's detection sees its system_prompt first and calls it a worker. */
const ORCHESTRATOR_KEYS = ['available_workers', 'checkpoint', 'max_concurrent_goals', 'max_concurrent_tasks'];
const WORKER_KEYS = [
  'worker_kind',
  'processing_backend',
  'input_schema',
  'output_schema',
  'default_model_tier',
  'reset_after_task',
];

/** For what Heddle calls unknown: the keys that no other kind has, strongest first. */
const BY_CONTENT: readonly (readonly [ConfigKind, readonly string[]])[] = [
  ['router', ['tier_overrides', 'rate_limits']],
  ['scheduler', ['schedules']],
  ['council', ['agents', 'convergence', 'facilitator', 'protocol']],
  ['app', ['entry_configs', 'heddle_version', 'required_extras', 'python_package', 'scripts', 'version']],
  ['gateway', ['webhooks', 'listen', 'public_url']],
  ['mcp', ['tools', 'resources', 'nats_url']],
  [
    'worker',
    ['input_schema', 'output_schema', 'input_schema_ref', 'output_schema_ref', 'default_model_tier', 'implementation'],
  ],
];

export function configKind(root: Node | undefined): ConfigKind | 'unknown' {
  if (root?.kind !== 'map') return 'unknown';
  const declared = root.entries.get('kind')?.value;
  if (declared?.kind === 'scalar' && declared.value === 'gateway') return 'gateway';
  const heddle = heddleKind(root);
  if (heddle === 'worker' && looksLikeOrchestrator(root)) return 'orchestrator';
  if (heddle !== 'unknown') return heddle;
  return BY_CONTENT.find(([, keys]) => keys.some((key) => root.entries.has(key)))?.[0] ?? 'unknown';
}

/** The kind that a file's keys speak of, where it is not the one that it is taken for and not one key of that stands in it. */
export interface OtherKind {
  readonly kind: ConfigKind;
  /** The key that says so. */
  readonly key: string;
  readonly at: Place;
}

interface Place {
  readonly start: number;
  readonly end: number;
}

const OWN_KEYS: Readonly<Record<ConfigKind, readonly string[]>> = {
  worker: [...WORKER_KEYS, 'system_prompt', 'implementation'],
  pipeline: ['pipeline_stages'],
  orchestrator: ORCHESTRATOR_KEYS,
  ...(Object.fromEntries(BY_CONTENT.filter(([kind]) => kind !== 'worker')) as Record<
    'router' | 'scheduler' | 'council' | 'app' | 'gateway' | 'mcp',
    readonly string[]
  >),
};

export function otherKind(root: MapNode, taken: ConfigKind): OtherKind | undefined {
  const kind = configKind(root);
  if (kind === 'unknown' || kind === taken || OWN_KEYS[taken].some((key) => root.entries.has(key))) return undefined;
  const key = OWN_KEYS[kind].find((each) => root.entries.has(each)) ?? 'kind';
  const entry = root.entries.get(key);
  return entry === undefined ? undefined : { kind, key, at: entry.key };
}

export function otherKindText({ kind, key }: OtherKind, taken: ConfigKind): string {
  return `this is no ${taken} config: '${key}' belongs to ${CALLED[kind]}`;
}

const CALLED: Readonly<Record<ConfigKind, string>> = {
  worker: 'the config of a worker',
  pipeline: 'the config of a pipeline',
  orchestrator: 'the config of an orchestrator',
  router: "a router's rules",
  scheduler: 'the config of a scheduler',
  mcp: 'the config of an MCP server',
  council: 'the config of a council',
  app: 'the manifest of an app',
  gateway: 'the config of a gateway',
};

function looksLikeOrchestrator(root: MapNode): boolean {
  const has = (key: string): boolean => root.entries.has(key);
  return ORCHESTRATOR_KEYS.some(has) && !WORKER_KEYS.some(has);
}
