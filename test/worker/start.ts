import type { TestContext } from 'node:test';
import type { Transport } from '../../src/transport/transport.ts';
import type { WorkerDefinition } from '../../src/worker/define.ts';
import type { WorkerEvent } from '../../src/worker/events.ts';
import { inProcess } from '../../src/worker/in-process.ts';
import type { RunningWorker, WorkerOptions } from '../../src/worker/life.ts';
import type { Performer } from '../../src/worker/performer.ts';
import { serveTasks } from '../../src/worker/run.ts';
import type { WorkerSettings } from '../../src/worker/settings.ts';

export const SETTINGS: WorkerSettings = {
  name: 'echo',
  kind: 'processor',
  tier: 'local',
  inputSchema: undefined,
  outputSchema: undefined,
  timeoutMs: undefined,
};

export interface StartedWorker {
  readonly worker: RunningWorker;
  readonly log: readonly WorkerEvent[];
}

/** A worker that stops with the test. */
export async function startWorker(
  t: TestContext,
  transport: Transport,
  handle: WorkerDefinition['handle'] | WorkerDefinition | Performer,
  options: Partial<WorkerOptions> = {},
): Promise<StartedWorker> {
  const log: WorkerEvent[] = [];
  const performer =
    typeof handle === 'function' ? inProcess({ handle }) : 'perform' in handle ? handle : inProcess(handle);
  const worker = await serveTasks(transport, {
    settings: SETTINGS,
    performer,
    log: (event) => log.push(event),
    ...options,
  });
  t.after(() => worker.stop(2_000));
  return { worker, log };
}

export function taskText(id: string, more: Record<string, unknown> = {}): string {
  return JSON.stringify({ task_id: id, worker_type: 'echo', model_tier: 'local', payload: {}, ...more });
}

export async function until(what: string, test: () => boolean, ms = 20_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!test()) {
    if (performance.now() > deadline) throw new Error(`${what}: it did not come in ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
