import type { GatewayConfig } from '../../config/views/gateway-config/config.ts';
import { METRICS_TYPE } from '../../http/prometheus.ts';
import { jsonReply, route, textReply } from '../../http/route.ts';
import type { AskCore } from '../core.ts';
import type { GatewayRoute } from '../gateway-route.ts';

/** For probes and scrapers. Whether it lives says nothing of the bus: a restart would not bring that back. */
export function healthRoutes(ask: AskCore, { openMetrics }: GatewayConfig): readonly GatewayRoute[] {
  const state = () => {
    const core = ask();
    const reason = core.unready();
    return {
      ok: reason === undefined,
      reason: reason ?? null,
      bus: core.bus.up ? 'connected' : 'away',
      store: core.store.kind,
      requests: core.live().config.requests,
      ...core.state(),
    };
  };
  return [
    route({
      method: 'GET',
      path: '/livez',
      summary: 'Whether the process answers.',
      responses: { 200: { description: 'it does', type: 'text/plain; charset=utf-8' } },
      run: () => textReply(200, 'ok\n'),
    }),
    route({
      method: 'GET',
      path: '/readyz',
      summary: 'Whether requests should come here: connected to the bus, and not about to end.',
      responses: {
        200: { description: 'they should', type: 'application/json' },
        503: { description: 'they should not, and why', type: 'application/json' },
      },
      run: () => {
        const shown = state();
        return jsonReply(shown.ok ? 200 : 503, shown);
      },
    }),
    route({
      method: 'GET',
      path: '/healthz',
      summary: 'The same as an answer that is always 200.',
      responses: { 200: { description: 'what is known', type: 'application/json' } },
      run: () => jsonReply(200, state()),
    }),
    route({
      method: 'GET',
      path: '/metrics',
      summary: 'What is counted, in the text format of Prometheus.',
      scope: openMetrics ? undefined : 'metrics',
      responses: { 200: { description: 'the metrics', type: METRICS_TYPE } },
      run: () => ({ status: 200, type: METRICS_TYPE, body: ask().metricsText() }),
    }),
  ];
}
