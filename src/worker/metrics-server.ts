import { METRICS_TYPE } from '../http/prometheus.ts';
import { jsonReply, route } from '../http/route.ts';
import { serve } from '../http/serve.ts';

/** Where the metrics are served, until it is closed. */
export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves `text()` at /metrics, for Prometheus, and `health()` at /healthz. */
export async function serveMetrics(
  host: string,
  port: number,
  text: () => string,
  health: () => unknown,
): Promise<MetricsServer> {
  const metrics = route({
    method: 'GET',
    path: '/metrics',
    summary: 'What is counted, in the text format of Prometheus.',
    responses: { 200: { description: 'the metrics', type: METRICS_TYPE } },
    run: () => ({ status: 200, type: METRICS_TYPE, body: text() }),
  });
  const healthz = route({
    method: 'GET',
    path: '/healthz',
    summary: 'How the worker is. Always 200: who answers, lives.',
    responses: { 200: { description: 'what is known', type: 'application/json' } },
    run: () => jsonReply(200, health()),
  });
  const unanswered = () => ({ status: 404, type: METRICS_TYPE, body: 'only /metrics and /healthz are here\n' });
  const served = await serve({ host, port, unanswered }, [metrics, healthz]);
  return {
    url: `${served.url}/metrics`,
    close: async () => void (await served.drain(0)),
  };
}
