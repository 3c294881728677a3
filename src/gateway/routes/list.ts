import type { GatewayConfig } from '../../config/views/gateway-config/config.ts';
import type { AskCore } from '../core.ts';
import type { GatewayRoute } from '../gateway-route.ts';
import { aboutRoutes } from './about.ts';
import { healthRoutes } from './health.ts';
import { requestRoutes } from './requests.ts';
import { submitRoutes } from './submit.ts';
import { webhookRoutes } from './webhooks.ts';

interface Group {
  readonly routes: (ask: AskCore, config: GatewayConfig) => readonly GatewayRoute[];
  /** Only where requests are served. */
  readonly requests?: true | undefined;
}

/** One group of routes a file; test/architecture.test.ts holds the list to its folder. */
const GROUPS: readonly Group[] = [
  { routes: healthRoutes },
  { routes: aboutRoutes },
  { routes: submitRoutes, requests: true },
  { routes: requestRoutes, requests: true },
  { routes: webhookRoutes },
];

export function routesOf(ask: AskCore, config: GatewayConfig): readonly GatewayRoute[] {
  return GROUPS.filter((group) => config.requests || group.requests !== true).flatMap(({ routes }) =>
    routes(ask, config),
  );
}
