import { requireConfig } from '../config/views/view.ts';
import { readWorkerConfig, type WorkerConfig } from '../config/views/worker.ts';
import { partProblem, tokenProblem } from '../contract/subjects.ts';
import { HeddleError } from '../errors.ts';
import type { TaskRules } from './perform-task.ts';

/** What a worker config says that this runtime goes by. */
export interface WorkerSettings extends TaskRules {
  /** The worker_type that it answers to. */
  readonly name: string;
  readonly kind: 'processor' | 'llm';
  /** The config's own tier, or local; a worker can be started on another. */
  readonly tier: string;
}

/** The longest that a timer can be set for; a longer time-out is none. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Reads a worker config. Throws with the places of what is wrong. */
export function loadWorkerSettings(path: string, shown = path): WorkerSettings {
  return settingsOf(requireConfig(path, shown, readWorkerConfig));
}

export function settingsOf(config: WorkerConfig): WorkerSettings {
  const { name, kind, tier, inputContract: inputSchema, outputContract: outputSchema, timeoutSeconds } = config;
  const timeoutMs = timeoutSeconds === undefined ? undefined : timeoutSeconds * 1000;
  const bounded = timeoutMs !== undefined && timeoutMs <= LONGEST_TIMER_MS ? timeoutMs : undefined;
  return { name, kind, tier, inputSchema, outputSchema, timeoutMs: bounded };
}

/** Throws for a config that this runtime must not run, with the reason. */
export function checkSettings(settings: WorkerSettings, tier: string): void {
  if (settings.kind !== 'processor') {
    throw new HeddleError(
      'input_invalid',
      `${JSON.stringify(settings.name)} is an LLM worker (worker_kind is llm, or absent)`,
      {
        hint: 'Workers outside Python are processors: set `worker_kind: processor`, or run it with `heddle worker`.',
      },
    );
  }
  const { timeoutMs } = settings;
  if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs <= LONGEST_TIMER_MS)) {
    throw new HeddleError('input_invalid', `a time-out of ${timeoutMs} ms is none that a timer can be set for`, {
      hint: 'Leave it out for none; the longest is 24 days.',
    });
  }
  for (const [what, text, problem] of [
    ['name', settings.name, partProblem(settings.name)],
    ['tier', tier, tokenProblem(tier)],
  ] as const) {
    if (problem === undefined) continue;
    throw new HeddleError('input_invalid', `the ${what} ${JSON.stringify(text.slice(0, 60))} ${problem}`, {
      hint: 'It becomes part of a NATS subject: letters, digits, underscores and dashes are best.',
    });
  }
}
