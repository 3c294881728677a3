import { checkOptions, is, type Keys, needed } from '../check-options.ts';
import { HeddleError, isHeddleError } from '../errors.ts';
import { METRICS_TYPE } from '../http/prometheus.ts';
import { type Reply, type Route, route, textReply } from '../http/route.ts';
import { type Served, serve } from '../http/serve.ts';
import type { Advice } from '../remedy.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { metricsText } from './metrics.ts';
import { repeatRounds } from './repeat.ts';
import { type Report, readinessLine } from './report.ts';
import { reportDocument } from './report-document.ts';

/** Where probes are answered, and from what. */
export interface SidecarOptions {
  readonly host: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  /** Asked for where a report says who is on the bus: /healthz and /metrics. Default: everybody may read them. */
  readonly token?: string | undefined;
  readonly everyMs: number;
  readonly round: () => Promise<Report>;
  readonly passes: (report: Report) => boolean;
  readonly signal: AbortSignal;
  readonly onReport?: ((report: Report) => void) | undefined;
  /** The wording of what to do, for /healthz. Default: the hints, and the names of remedies. */
  readonly words?: ((advice: Advice) => string | undefined) | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
}

/** Where probes are answered, until its signal aborts. */
export interface Sidecar {
  readonly url: string;
  /** Settles when the sidecar has ended; rejects with what a round threw. */
  readonly ended: Promise<void>;
}

const OPTIONS: Keys<SidecarOptions> = {
  host: needed(is.text),
  port: needed(is.number),
  token: is.text,
  everyMs: needed(is.number),
  round: needed(is.callback),
  passes: needed(is.callback),
  signal: needed(is.signal),
  onReport: is.callback,
  words: is.callback,
  clock: is.clock,
};

/** What a token allows here. */
const REPORTS = 'reports:read';
/** A report this many intervals old says nothing about now. */
const STALE_AFTER = 3;

/**
 * Answers probes over HTTP from the last round of checks. Rounds run on their own clock, so no number of requests makes
 * them run more often.
 */
export async function startSidecar(options: SidecarOptions): Promise<Sidecar> {
  checkOptions('startSidecar', options, OPTIONS);
  const { clock = systemClock } = options;
  let last: { report: Report; ok: boolean; at: number } | undefined;
  const isStale = (): boolean =>
    last !== undefined && clock.elapsed() - last.at > STALE_AFTER * options.everyMs + 10_000;
  const state: State = {
    get last() {
      return last?.report;
    },
    isReady: () => last?.ok === true && !isStale(),
    readiness: () => {
      if (last === undefined) return 'not ready: the first round of checks is running';
      if (isStale())
        return `not ready: the last round of checks ended ${Math.round((clock.elapsed() - last.at) / 1000)} s ago`;
      return readinessLine(last.report, last.ok);
    },
  };
  const served = await serveAt(options, clock, routesOf(state, options.words));
  const rounds = repeatRounds({
    round: options.round,
    everyMs: options.everyMs,
    clock,
    signal: options.signal,
    onReport: (report) => {
      last = { report, ok: options.passes(report), at: clock.elapsed() };
      options.onReport?.(report);
      return false;
    },
  });
  return { url: served.url, ended: rounds.then(() => {}).finally(() => served.drain(0)) };
}

async function serveAt({ host, port, token }: SidecarOptions, clock: Clock, routes: readonly Route[]): Promise<Served> {
  try {
    const authentication =
      token === undefined ? undefined : { tokens: [{ name: 'sidecar', secret: token, scopes: [REPORTS] }] };
    return await serve({ host, port, authentication, unanswered, clock }, routes);
  } catch (thrown) {
    if (!isHeddleError(thrown) || thrown.code !== 'usage') throw thrown;
    throw new HeddleError('usage', thrown.message, { remedy: { do: 'serve-elsewhere' }, cause: thrown });
  }
}

interface State {
  readonly last: Report | undefined;
  isReady(): boolean;
  readiness(): string;
}

function routesOf(state: State, words: SidecarOptions['words']): readonly Route[] {
  const ready = { description: 'all is well' };
  const not = { description: 'the bus cannot be worked with, or nothing is known of it yet' };
  const status = (): number => (state.isReady() ? 200 : 503);
  return [
    route({
      method: 'GET',
      path: '/livez',
      summary: 'Whether the process turns; never looks at the bus.',
      responses: { 200: { description: 'it does', type: 'text/plain' } },
      run: () => textReply(200, 'live\n'),
    }),
    route({
      method: 'GET',
      path: '/readyz',
      summary: 'Whether the last round of checks passed, in one line.',
      responses: { 200: { ...ready, type: 'text/plain' }, 503: { ...not, type: 'text/plain' } },
      run: () => textReply(status(), `${state.readiness()}\n`),
    }),
    route({
      method: 'GET',
      path: '/healthz',
      scope: REPORTS,
      summary: 'The last report.',
      responses: { 200: { ...ready, type: 'application/json' }, 503: { ...not, type: 'application/json' } },
      run: () => {
        const { last } = state;
        const document =
          last === undefined
            ? { schema_version: 1, ok: false, verdict: 'pending' }
            : reportDocument(last, state.isReady(), words);
        return { status: status(), type: 'application/json', body: `${JSON.stringify(document)}\n` };
      },
    }),
    route({
      method: 'GET',
      path: '/metrics',
      scope: REPORTS,
      summary: 'The last report in the text format of Prometheus.',
      responses: { 200: { description: 'the metrics; nothing before the first round', type: METRICS_TYPE } },
      run: () => {
        const body = state.last === undefined ? '' : metricsText(state.last, state.isReady());
        return { status: 200, type: METRICS_TYPE, body };
      },
    }),
  ];
}

/** Probes are written by hand: the answer says in plain words what is here. */
function unanswered({ method }: { readonly method: string }): Reply {
  if (method !== 'GET' && method !== 'HEAD') return textReply(405, 'only GET\n', { allow: 'GET, HEAD' });
  return textReply(404, 'here are /livez, /readyz, /healthz and /metrics\n');
}
