import type { SidecarState } from '../child/sidecar.ts';
import { CounterBy, type Family, Histogram, metricsText } from '../http/prometheus.ts';
import type { BusEvent } from '../transport/transport.ts';
import type { WorkerEvent } from './events.ts';

/** Upper bounds in seconds. */
const BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60];

/** In milliseconds; those of OpenTelemetry where nobody names others, as in Heddle. */
const UPSTREAM_BUCKETS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];

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
  /** `sidecar`: of the program beside the worker, where there is one. */
  text(gauges: WorkerGauges, sidecar?: SidecarState): string;
}

/** `program`: what the help of a metric calls the program that performs the tasks, where one does. */
export function workerMetrics(name: string, tier: string, program = 'the program that performs'): WorkerMetrics {
  const tasks = new CounterBy('status', ['completed', 'failed']);
  const took = new Histogram(BUCKETS);
  const upstream = upstreamMetrics(name, tier);
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
        upstream.done(event.status, event.ms);
      } else if (event.kind === 'task_skipped') counts.skipped += 1;
      else if (event.kind === 'result_unconfirmed') counts.unconfirmed += 1;
      else if (event.kind === 'result_unsent') counts.unsent += 1;
      else if (event.kind === 'result_unheard') counts.unheard += 1;
      else if (event.kind === 'child_died') counts.childDeaths += 1;
      else if (event.kind === 'gateway_away') connected = 0;
      else if (event.kind === 'gateway_back') {
        connected = 1;
        counts.reconnects += 1;
      }
    },
    bus(event) {
      if (event.kind === 'disconnected') connected = 0;
      else if (event.kind === 'reconnected') {
        connected = 1;
        counts.reconnects += 1;
      }
    },
    text({ running, waiting }, sidecar) {
      const { skipped, unconfirmed, unsent, unheard, childDeaths, reconnects } = counts;
      return metricsText([
        ...upstream.families(running),
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
        ...(sidecar === undefined
          ? []
          : [
              single('heddle_worker_sidecar_up', 'gauge', '1 while the sidecar is up.', sidecar.state === 'up' ? 1 : 0),
              single('heddle_worker_sidecar_starts_total', 'counter', 'Starts of the sidecar.', sidecar.starts),
              single('heddle_worker_sidecar_deaths_total', 'counter', 'Deaths of the sidecar.', sidecar.deaths),
              single(
                'heddle_worker_sidecar_bad_lines_total',
                'counter',
                'Lines of the sidecar that nobody can read.',
                sidecar.badLines,
              ),
            ]),
        single('heddle_worker_connected', 'gauge', '1 while the bus is connected.', connected),
        single('heddle_worker_reconnects_total', 'counter', 'Reconnects to the bus.', reconnects),
      ]);
    },
  };
}

/**
 * The names and labels under which the next generation of Heddle counts tasks, as Prometheus writes them, so that one
 * dashboard shows its workers and ours.
 */
function upstreamMetrics(workerType: string, tier: string) {
  const labels = { worker_type: workerType, model_tier: tier };
  const completed = new CounterBy('status', ['completed', 'failed']);
  const took = { completed: new Histogram(UPSTREAM_BUCKETS), failed: new Histogram(UPSTREAM_BUCKETS) };
  let received = 0;
  return {
    done(status: 'completed' | 'failed', ms: number): void {
      completed.add(status);
      took[status].observe(ms);
    },
    families(running: number): Family[] {
      // A task is received there when its work begins. A counter never falls.
      received = Math.max(received, took.completed.count + took.failed.count + running);
      return [
        {
          name: 'heddle_tasks_received_total',
          type: 'counter',
          help: 'Tasks begun.',
          samples: [[labels, received]],
        },
        {
          name: 'heddle_tasks_completed_total',
          type: 'counter',
          help: 'Tasks that ended, by status.',
          samples: completed.samples(labels),
        },
        {
          name: 'heddle_task_duration_milliseconds',
          type: 'histogram',
          help: 'Time from start to result, by status.',
          samples: Object.entries(took).map(([status, histogram]) => [{ ...labels, status }, histogram]),
        },
      ];
    },
  };
}
