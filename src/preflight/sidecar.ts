import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HeddleError } from '../errors.ts';
import type { Advice } from '../remedy.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { metricsText } from './metrics.ts';
import { repeatRounds } from './repeat.ts';
import type { Report } from './report.ts';
import { reportDocument } from './report-document.ts';

export interface SidecarOptions {
  readonly host: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
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

export interface Sidecar {
  readonly url: string;
  /** Settles when the sidecar has ended; rejects with what a round threw. */
  readonly ended: Promise<void>;
}

/** A report this many intervals old says nothing about now. */
const STALE_AFTER = 3;

/**
 * Answers probes over HTTP from the last round of checks. Rounds run on their own clock, so no number of requests makes
 * them run more often.
 */
export async function startSidecar(options: SidecarOptions): Promise<Sidecar> {
  const { clock = systemClock } = options;
  let last: { report: Report; ok: boolean; at: number } | undefined;
  const server = createServer(
    { keepAliveTimeout: 5000, requestTimeout: 10_000, headersTimeout: 5000 },
    (request, response) => answer(request, response),
  );

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = (request.url ?? '/').split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return text(response, 405, 'only GET\n', { allow: 'GET, HEAD' });
    switch (path) {
      case '/livez':
        return text(response, 200, 'live\n');
      case '/readyz':
        return text(response, isReady() ? 200 : 503, `${readiness()}\n`);
      case '/healthz': {
        const document =
          last === undefined
            ? { schema_version: 1, ok: false, verdict: 'pending' }
            : reportDocument(last.report, isReady(), options.words);
        return send(response, isReady() ? 200 : 503, 'application/json', `${JSON.stringify(document)}\n`);
      }
      case '/metrics':
        return send(
          response,
          200,
          'text/plain; version=0.0.4; charset=utf-8',
          last === undefined ? '' : metricsText(last.report, isReady()),
        );
      default:
        return text(response, 404, 'here are /livez, /readyz, /healthz and /metrics\n');
    }
  };
  const isStale = (): boolean =>
    last !== undefined && clock.elapsed() - last.at > STALE_AFTER * options.everyMs + 10_000;
  const isReady = (): boolean => last?.ok === true && !isStale();
  const readiness = (): string => {
    if (last === undefined) return 'not ready: the first round of checks is running';
    if (isStale())
      return `not ready: the last round of checks ended ${Math.round((clock.elapsed() - last.at) / 1000)} s ago`;
    return readinessLine(last.report, last.ok);
  };

  const address = await listen(server, options.host, options.port);
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
  const ended = rounds.then(
    () => shut(server),
    async (error: unknown) => {
      await shut(server);
      throw error;
    },
  );
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    ended,
  };
}

/** `ready: 24 checks passed`, or the first thing that stands in the way: for exec probes and /readyz. */
export function readinessLine(report: Report, ok: boolean): string {
  const { counts, results } = report;
  if (ok) {
    const warnings = counts.warning === 0 ? '' : `, ${counts.warning} warn`;
    return `ready: ${counts.passed} checks passed${warnings}`;
  }
  const bad = results.filter(({ status }) => status === 'failed' || status === 'warning');
  const first = bad.find(({ status }) => status === 'failed') ?? bad[0];
  const problem = first?.findings.find(({ ignored }) => !ignored)?.problem ?? 'unknown';
  const more = bad.length > 1 ? ` (and ${bad.length - 1} more)` : '';
  return `not ready: ${first?.id}: ${problem.replace(/\s+/g, ' ')}${more}`;
}

function text(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  send(response, status, 'text/plain; charset=utf-8', body);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

function listen(server: ReturnType<typeof createServer>, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? 'the port is taken'
          : error.code === 'EACCES'
            ? 'permission denied'
            : error.message;
      reject(
        new HeddleError('usage', `cannot serve on ${host}:${port}: ${why}`, {
          remedy: { do: 'serve-elsewhere' },
          cause: error,
        }),
      );
    });
    server.listen(port, host, () => resolve(server.address() as AddressInfo));
  });
}

async function shut(server: ReturnType<typeof createServer>): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
