import { METRICS_TYPE } from '../http/prometheus.ts';
import { route } from '../http/route.ts';
import { serve } from '../http/serve.ts';

/** Where the metrics are served, until it is closed. */
export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves `text()` at /metrics, for Prometheus. */
export async function serveMetrics(host: string, port: number, text: () => string): Promise<MetricsServer> {
  const metrics = route({
    method: 'GET',
    path: '/metrics',
    summary: 'What is counted, in the text format of Prometheus.',
    responses: { 200: { description: 'the metrics', type: METRICS_TYPE } },
    run: () => ({ status: 200, type: METRICS_TYPE, body: text() }),
  });
  const unanswered = () => ({ status: 404, type: METRICS_TYPE, body: 'only /metrics is here\n' });
  const served = await serve({ host, port, unanswered }, [metrics]);
  return {
    url: `${served.url}/metrics`,
    close: async () => void (await served.drain(0)),
  };
}
