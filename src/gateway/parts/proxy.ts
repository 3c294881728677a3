import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import type { GatewayConfig } from '../../config/views/gateway-config/config.ts';
import type { ProxyConfig } from '../../config/views/gateway-config/parts/proxy.ts';
import { route } from '../../http/route.ts';
import type { AskCore } from '../core.ts';
import type { GatewayRoute } from '../gateway-route.ts';
import type { Part } from '../part.ts';
import { forward } from '../proxy/forward.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
const MOST_SOCKETS = 256;

/** Other servers, reached through us by whoever is known here. */
export function proxy(ask: AskCore, { proxy: asked }: GatewayConfig): Part | undefined {
  if (asked.length === 0) return undefined;
  const agents: Agent[] = [];
  return {
    name: 'proxy',
    routes: asked.flatMap((config) => routesOf(ask, config, agents)),
    contract: ({ proxy }) => ({
      proxy: proxy.map(({ prefix, scope, bodyBytes, timeoutS, userHeaders }) => ({
        name: prefix,
        scope,
        body_bytes: bodyBytes,
        timeout_s: timeoutS,
        user_headers: Object.values(userHeaders).filter((name) => name !== undefined),
      })),
    }),
    fixed: ({ proxy }) => ({ proxy }),
    putAway: async () => {
      for (const agent of agents) agent.destroy();
    },
  };
}

function routesOf(ask: AskCore, config: ProxyConfig, agents: Agent[]): GatewayRoute[] {
  const { prefix, target, scope, bodyBytes } = config;
  const options = { keepAlive: true, maxSockets: MOST_SOCKETS };
  const agent = target.startsWith('https:') ? new SecureAgent(options) : new Agent(options);
  agents.push(agent);
  return METHODS.map((method) => ({
    ...route({
      method,
      path: `${prefix}/{*rest}`,
      summary: 'Hands the request on to the server behind, with who asks.',
      scope,
      ...(method !== 'GET' && { request: { types: ['*/*'], maxBytes: bodyBytes, asItComes: true } }),
      responses: { 200: { description: 'whatever the server behind answers, with its status' } },
      run: (context) => {
        const { clock, live } = ask();
        const { tls, publicUrl } = live().config;
        const secure = tls !== undefined || publicUrl?.startsWith('https:') === true;
        return forward({ config, agent, clock, secure }, context.params.rest ?? '', context);
      },
    }),
    problems: ['upstream_failed', 'upstream_timeout'] as const,
  }));
}
