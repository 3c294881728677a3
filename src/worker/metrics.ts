import { CounterBy, type Family, Histogram, metricsText } from '../http/prometheus.ts';
import type { BusEvent } from '../transport/transport.ts';
import type { WorkerEvent } from './events.ts';

/** Upper bounds in seconds. */
const BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60];

export interface WorkerGauges {
  readonly running: number;
  readonly waiting: number;
}

/** Counts what a worker says, for Prometheus. */
export interface WorkerMetrics {
  /** What the worker says is what is counted. */
  heard(event: WorkerEvent): void;
  bus(event: BusEvent): void;
  /** Prometheus text, version 0.0.4. */
  text(gauges: WorkerGauges): string;
}

/** `program`: what the help of a metric calls the program that performs the tasks, where one does. */
export function workerMetrics(name: string, tier: string, program = 'the program that performs'): WorkerMetrics {
  const tasks = new CounterBy('status', ['completed', 'failed']);
  const took = new Histogram(BUCKETS);
  const counts = { skipped: 0, unconfirmed: 0, unsent: 0, unheard: 0, childDeaths: 0, reconnects: 0 };
  let connected = 1;
  const labels = { worker: name, tier };
  const single = (metric: string, type: 'counter' | 'gauge', help: string, value: number): Family => {
    return { name: metric, type, help, samples: [[labels, value]] };
  };

  return {
    heard(event) {
      if (event.kind === 'task_done') {
        tasks.add(event.status);
        took.observe(event.ms / 1000);
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
      const { skipped, unconfirmed, unsent, unheard, childDeaths, reconnects } = counts;
      return metricsText([
        {
          name: 'heddle_worker_tasks_total',
          type: 'counter',
          help: 'Tasks that ended, by status.',
          samples: tasks.samples(labels),
        },
        {
          name: 'heddle_worker_task_seconds',
          type: 'histogram',
          help: 'Time from start to result.',
          samples: [[labels, took]],
        },
        single('heddle_worker_tasks_running', 'gauge', 'Tasks being worked on.', running),
        single('heddle_worker_tasks_waiting', 'gauge', 'Tasks that arrived and wait.', waiting),
        single('heddle_worker_messages_skipped_total', 'counter', 'Messages that are no task.', skipped),
        single(
          'heddle_worker_results_unconfirmed_total',
          'counter',
          'Results cut off by a lost connection.',
          unconfirmed,
        ),
        single('heddle_worker_results_unsent_total', 'counter', 'Results that never left.', unsent),
        single(
          'heddle_worker_results_unheard_total',
          'counter',
          'Results that nobody heard after a reconnect.',
          unheard,
        ),
        single('heddle_worker_child_deaths_total', 'counter', `Deaths of ${program}.`, childDeaths),
        single('heddle_worker_connected', 'gauge', '1 while the bus is connected.', connected),
        single('heddle_worker_reconnects_total', 'counter', 'Reconnects to the bus.', reconnects),
      ]);
    },
  };
}
