import { CounterBy, type Family, Histogram, type Labels, metricsText } from '../http/prometheus.ts';
import type { Served } from '../http/serve.ts';
import { type AccessEvent, NO_ANSWER } from '../http/service.ts';
import type { BusEvent } from '../transport/transport.ts';
import type { StoreKind } from './events.ts';
import type { GatewayRoute } from './gateway-route.ts';
import { statusesOf } from './gateway-route.ts';

/** Upper bounds in seconds. */
const BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60];

const WORK = [
  'accepted',
  'duplicate',
  'completed',
  'failed',
  'refused',
  'unreadable',
  'unheard',
  'bus_down',
  'store_unavailable',
  'unconfirmed',
  'invalid',
] as const;
/** What became of work that was sent. */
export type WorkOutcome = (typeof WORK)[number];

const RESULTS = ['stored', 'omitted', 'unclaimed', 'failed'] as const;
const LISTENERS = ['seen', 'stored', 'unknown'] as const;

/** Everything that is counted. Each series is there from the start, at 0: what is not there cannot be alerted on. */
export class GatewayMetrics {
  readonly #work = { task: new CounterBy('outcome', WORK), goal: new CounterBy('outcome', WORK) };
  readonly #listeners = new CounterBy('listener', LISTENERS);
  readonly #results = new CounterBy('outcome', RESULTS);
  /** By route, of which each has a few. */
  readonly #answers = new Map<string, Answers[]>();
  readonly #took = new Histogram(BUCKETS);
  readonly #reloads = new CounterBy('outcome', ['done', 'refused']);
  #unanswered = 0;
  #connected = 1;
  #reconnects = 0;

  /** The answers that the table of routes speaks of. */
  knowRoutes(routes: readonly GatewayRoute[]): void {
    for (const route of routes) for (const status of statusesOf(route)) this.#answer(route.method, route.path, status);
  }

  work(kind: 'task' | 'goal', outcome: WorkOutcome): void {
    this.#work[kind].add(outcome);
  }

  heard(listener: (typeof LISTENERS)[number]): void {
    this.#listeners.add(listener);
  }

  result(outcome: (typeof RESULTS)[number]): void {
    this.#results.add(outcome);
  }

  reloaded(outcome: 'done' | 'refused'): void {
    this.#reloads.add(outcome);
  }

  access({ method, route, status, ms }: AccessEvent): void {
    if (status === NO_ANSWER) {
      this.#unanswered += 1;
      return;
    }
    // What a client made up is no label.
    this.#answer(route === undefined ? 'other' : (method ?? 'other'), route ?? 'none', status).count += 1;
    this.#took.observe(ms / 1000);
  }

  bus(event: BusEvent): void {
    if (event.kind === 'disconnected') this.#connected = 0;
    else if (event.kind === 'reconnected') {
      this.#connected = 1;
      this.#reconnects += 1;
    }
  }

  /** `parts`: those of the parts. */
  text(now: GatewayGauges, parts: readonly Family[]): string {
    const { counts, store, ready, waiting, name } = now;
    const both = (['task', 'goal'] as const).flatMap((kind) => this.#work[kind].samples({ kind }));
    return metricsText([
      counter(
        'http_requests_total',
        'Answers, by route and status.',
        [...this.#answers].flatMap(([route, all]) =>
          all.map(({ method, status, count }) => [{ method, route, status: String(status) }, count] as const),
        ),
      ),
      {
        name: 'heddle_gateway_http_request_seconds',
        type: 'histogram',
        help: 'From the headers of a request to the last byte of its answer.',
        samples: [[{}, this.#took]],
      },
      counter('work_total', 'Tasks and goals that were asked for, by what became of them.', both),
      counter('listeners_total', 'What was known of who listened when work was published.', this.#listeners.samples()),
      counter('results_total', 'Answers to requests, by whether they are kept.', this.#results.samples()),
      counter('reloads_total', 'Times that the config was read again.', this.#reloads.samples()),
      counter('http_dropped_total', 'Connections beyond the limit.', [[{}, counts.connectionsDropped]]),
      counter('http_malformed_total', 'Requests that could not be read.', [[{}, counts.malformed]]),
      counter('http_untaken_total', 'Answers that their client did not take in time.', [[{}, counts.answersUntaken]]),
      counter('http_unanswered_total', 'Requests whose connection ended before there was an answer.', [
        [{}, this.#unanswered],
      ]),
      counter('bus_reconnects_total', 'Reconnects to the bus.', [[{}, this.#reconnects]]),
      gauge('bus_connected', '1 while the bus is connected.', [[{}, this.#connected]]),
      gauge('ready', '1 while requests are taken.', [[{}, ready ? 1 : 0]]),
      gauge('info', 'What this gateway is.', [[{ name, store, version: now.version }, 1]]),
      gauge('http_connections', 'Open connections.', [[{}, counts.connections]]),
      gauge('http_inflight', 'Requests being worked on.', [[{}, counts.inflight]]),
      gauge('waiting', 'Requests whose answer somebody waits for.', [[{}, waiting]]),
      ...parts,
    ]);
  }

  #answer(method: string, route: string, status: number): Answers {
    const all = this.#answers.get(route) ?? [];
    for (const each of all) if (each.status === status && each.method === method) return each;
    const first = { method, status, count: 0 };
    all.push(first);
    this.#answers.set(route, all);
    return first;
  }
}

interface Answers {
  readonly method: string;
  readonly status: number;
  count: number;
}

export interface GatewayGauges {
  readonly name: string;
  readonly version: string;
  readonly store: StoreKind;
  readonly ready: boolean;
  readonly waiting: number;
  readonly counts: ReturnType<Served['counts']>;
}

type Samples = readonly (readonly [Labels, number])[];

/** Under the name of the gateway. */
export function counter(name: string, help: string, samples: Samples): Family {
  return { name: `heddle_gateway_${name}`, type: 'counter', help, samples };
}

export function gauge(name: string, help: string, samples: Samples): Family {
  return { name: `heddle_gateway_${name}`, type: 'gauge', help, samples };
}
