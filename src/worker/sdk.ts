import { checkArgument, checkOptions, is, type Keys, needed } from '../check-options.ts';
import type { JsonObject } from '../contract/json.ts';
import type { Clock } from '../time/clock.ts';
import type { Transport } from '../transport/transport.ts';
import type { Handler, WorkerDefinition } from './define.ts';
import { inProcess } from './in-process.ts';
import type { RunningWorker, WorkerOptions } from './life.ts';
import type { Performer } from './performer.ts';
import { serveTasks } from './run.ts';
import { loadWorkerSettings, type WorkerSettings } from './settings.ts';

/** What a worker is, and what does its tasks. */
export interface RunWorkerOptions<Payload = JsonObject, Output = JsonObject>
  extends Pick<WorkerOptions, 'tier' | 'concurrency' | 'log' | 'logTaken' | 'clock' | 'uuid'> {
  /** The path of a worker config, which is read again when somebody asks for a reload; or the config itself. */
  readonly config: string | WorkerConfigLike;
  /** A function, a definition, or a performer such as execLongLived. */
  readonly handler: Handler<Payload, Output> | WorkerDefinition<Payload, Output> | Performer;
}

/** Of a processor; only its name must be said. Default tier: local. */
export type WorkerConfigLike = Pick<WorkerSettings, 'name'> & Partial<WorkerSettings>;

/**
 * Runs a worker on a connection until it is stopped. Connect with `reconnect: true`, and call `stop(graceMs)` on SIGTERM:
 * it resolves when every task that was taken has its result.
 */
export async function runWorker<Payload = JsonObject, Output = JsonObject>(
  transport: Transport,
  options: RunWorkerOptions<Payload, Output>,
): Promise<RunningWorker> {
  checkArgument('runWorker', 'the first argument', transport, is.bus);
  checkOptions('runWorker', options, OPTIONS, { concurrent: 'concurrency' });
  if (typeof options.config === 'object') checkOptions('runWorker: config', options.config, CONFIG, CONFIG_INSTEAD);
  const { config, handler, clock, uuid, tier, concurrency, log, logTaken } = options;
  const read = async (): Promise<WorkerSettings> =>
    typeof config === 'string' ? loadWorkerSettings(config) : { ...DEFAULTS, ...config };
  return await serveTasks(transport, {
    settings: await read(),
    reload: typeof config === 'string' ? read : undefined,
    performer: performerOf(handler, clock),
    clock,
    uuid,
    tier,
    concurrency,
    log,
    logTaken,
  });
}

const OPTIONS: Keys<RunWorkerOptions<unknown, unknown>> = {
  config: needed(is.either(is.text, is.object)),
  handler: needed(is.either(is.callback, is.object)),
  tier: is.text,
  concurrency: is.number,
  log: is.callback,
  logTaken: is.truth,
  clock: is.clock,
  uuid: is.callback,
};
const CONFIG: Keys<WorkerConfigLike> = {
  name: needed(is.text),
  kind: is.oneOf('processor', 'llm'),
  tier: is.text,
  inputSchema: is.object,
  outputSchema: is.object,
  timeoutMs: is.number,
};
/** As a file says it. */
const CONFIG_INSTEAD = { worker_kind: 'kind', default_model_tier: 'tier', timeout_seconds: 'timeoutMs' };

const DEFAULTS: Omit<WorkerSettings, 'name'> = {
  kind: 'processor',
  tier: 'local',
  inputSchema: undefined,
  outputSchema: undefined,
  timeoutMs: undefined,
};

function performerOf<Payload, Output>(
  handler: Handler<Payload, Output> | WorkerDefinition<Payload, Output> | Performer,
  clock: Clock | undefined,
): Performer {
  if (typeof handler === 'function') return inProcess({ handle: handler });
  return 'perform' in handler ? handler : inProcess(handler, { clock });
}
