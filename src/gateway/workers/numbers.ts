import { CounterBy, type Family } from '../../http/prometheus.ts';
import { counter, gauge } from '../metrics.ts';

const TASKS = [
  'taken',
  'unreadable',
  'invalid',
  'handed_out',
  'completed',
  'failed',
  'retried',
  'released',
  'paused',
  'undelivered',
  'expired',
  'handed_back',
  'dropped',
  'lost',
  'unconfirmed',
  'same_id',
] as const;
/** What became of tasks on their way; one task is counted at several of these. */
export type TaskStep = (typeof TASKS)[number];

const RESOLVES = [
  'ok',
  'duplicate',
  'stale_lease',
  'lease_expired',
  'lease_lost',
  'unknown_task',
  'already_resolved',
  'refused',
] as const;
/** What was said to workers that answered. */
export type ResolveOutcome = (typeof RESOLVES)[number];

/** What only the bridge knows at the time. */
export interface BridgeGauges {
  readonly polls: number;
  readonly connections: number;
  readonly lanes: readonly {
    readonly type: string;
    readonly tier: string;
    readonly buffered: number;
    readonly leases: number;
  }[];
}

/** What is counted of workers. */
export class BridgeNumbers {
  readonly #tasks = new Map<string, CounterBy<TaskStep>>();
  readonly #resolves = new CounterBy('outcome', RESOLVES);
  readonly #foreign = new Map<string, number>();

  know(types: Iterable<string>): void {
    for (const type of types) this.#of(type);
  }

  task(type: string, step: TaskStep): void {
    this.#of(type).add(step);
  }

  resolved(outcome: ResolveOutcome): void {
    this.#resolves.add(outcome);
  }

  foreign(type: string): void {
    this.#foreign.set(type, (this.#foreign.get(type) ?? 0) + 1);
  }

  families({ polls, connections, lanes }: BridgeGauges): readonly Family[] {
    const of = (what: 'buffered' | 'leases') =>
      lanes.map((lane) => [{ type: lane.type, tier: lane.tier }, lane[what]] as const);
    return [
      counter(
        'worker_tasks_total',
        'Tasks for workers over HTTP, by each step that they took.',
        [...this.#tasks].flatMap(([type, by]) => by.samples({ type })),
      ),
      counter('worker_resolves_total', 'Answers of workers, by what was said to them.', this.#resolves.samples()),
      counter(
        'worker_foreign_results_total',
        'Results of others for tasks that are handed out here.',
        [...this.#foreign].map(([type, count]) => [{ type }, count]),
      ),
      gauge('worker_leases', 'Tasks that are handed out and have no answer.', of('leases')),
      gauge('worker_buffered', 'Tasks that wait here for a worker.', of('buffered')),
      gauge('worker_polls', 'Polls that wait.', [[{}, polls]]),
      gauge('worker_connections', 'Streams of connected workers.', [[{}, connections]]),
    ];
  }

  #of(type: string): CounterBy<TaskStep> {
    const known = this.#tasks.get(type) ?? new CounterBy('step', TASKS);
    this.#tasks.set(type, known);
    if (!this.#foreign.has(type)) this.#foreign.set(type, 0);
    return known;
  }
}
