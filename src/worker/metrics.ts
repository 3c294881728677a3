import type { BusEvent } from '../transport/transport.ts';
import type { WorkerEvent } from './events.ts';

/** Upper bounds in seconds. */
const BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60];

export interface WorkerGauges {
  readonly running: number;
  readonly waiting: number;
}

export interface WorkerMetrics {
  /** What the worker says is what is counted. */
  heard(event: WorkerEvent): void;
  bus(event: BusEvent): void;
  /** Prometheus text, version 0.0.4. */
  text(gauges: WorkerGauges): string;
}

/** `program`: what the help of a metric calls the program that performs the tasks, where one does. */
export function workerMetrics(name: string, tier: string, program = 'the program that performs'): WorkerMetrics {
  const counts = {
    completed: 0,
    failed: 0,
    skipped: 0,
    unconfirmed: 0,
    unsent: 0,
    unheard: 0,
    childDeaths: 0,
    reconnects: 0,
  };
  const buckets = BUCKETS.map(() => 0);
  let seconds = 0;
  let connected = 1;
  const labels = `worker="${name}",tier="${tier}"`;

  return {
    heard(event) {
      if (event.kind === 'task_done') {
        counts[event.status] += 1;
        const took = event.ms / 1000;
        seconds += took;
        BUCKETS.forEach((bound, at) => {
          if (took <= bound) buckets[at] = (buckets[at] ?? 0) + 1;
        });
      } else if (event.kind === 'task_skipped') counts.skipped += 1;
      else if (event.kind === 'result_unconfirmed') counts.unconfirmed += 1;
      else if (event.kind === 'result_unsent') counts.unsent += 1;
      else if (event.kind === 'result_unheard') counts.unheard += 1;
      else if (event.kind === 'child_died') counts.childDeaths += 1;
    },
    bus(event) {
      if (event.kind === 'disconnected') connected = 0;
      else if (event.kind === 'reconnected') {
        connected = 1;
        counts.reconnects += 1;
      }
    },
    text({ running, waiting }) {
      const { completed, failed } = counts;
      const done = completed + failed;
      const le = (bound: string, count: number) =>
        `heddle_worker_task_seconds_bucket{${labels},le="${bound}"} ${count}`;
      const lines = [
        ...family('heddle_worker_tasks_total', 'counter', 'Tasks that ended, by status.'),
        `heddle_worker_tasks_total{${labels},status="completed"} ${completed}`,
        `heddle_worker_tasks_total{${labels},status="failed"} ${failed}`,
        ...family('heddle_worker_task_seconds', 'histogram', 'Time from start to result.'),
        ...BUCKETS.map((bound, at) => le(String(bound), buckets[at] ?? 0)),
        le('+Inf', done),
        `heddle_worker_task_seconds_sum{${labels}} ${seconds}`,
        `heddle_worker_task_seconds_count{${labels}} ${done}`,
      ];
      const single = (metric: string, type: 'counter' | 'gauge', help: string, value: number): void => {
        lines.push(...family(metric, type, help), `${metric}{${labels}} ${value}`);
      };
      single('heddle_worker_tasks_running', 'gauge', 'Tasks being worked on.', running);
      single('heddle_worker_tasks_waiting', 'gauge', 'Tasks that arrived and wait.', waiting);
      single('heddle_worker_messages_skipped_total', 'counter', 'Messages that are no task.', counts.skipped);
      single(
        'heddle_worker_results_unconfirmed_total',
        'counter',
        'Results cut off by a lost connection.',
        counts.unconfirmed,
      );
      single('heddle_worker_results_unsent_total', 'counter', 'Results that never left.', counts.unsent);
      single(
        'heddle_worker_results_unheard_total',
        'counter',
        'Results that nobody heard after a reconnect.',
        counts.unheard,
      );
      single('heddle_worker_child_deaths_total', 'counter', `Deaths of ${program}.`, counts.childDeaths);
      single('heddle_worker_connected', 'gauge', '1 while the bus is connected.', connected);
      single('heddle_worker_reconnects_total', 'counter', 'Reconnects to the bus.', counts.reconnects);
      return `${lines.join('\n')}\n`;
    },
  };
}

function family(name: string, type: 'counter' | 'gauge' | 'histogram', help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}
