import type { GatewayConfig } from '../../config/views/gateway-config/config.ts';
import type { AskCore } from '../core.ts';
import type { GatewayRoute } from '../gateway-route.ts';
import type { Part } from '../part.ts';
import { describedParts, notRunning } from '../parts/list.ts';
import { aboutRoutes } from './about.ts';
import { healthRoutes } from './health.ts';
import { requestRoutes } from './requests.ts';
import { submitRoutes } from './submit.ts';

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
];

/** To be looked at where no gateway runs. */
export function describedRoutes(config: GatewayConfig): readonly GatewayRoute[] {
  return routesOf(notRunning, config, describedParts(config));
}

/** Those of all that the parts stand on, then those of the parts. */
export function routesOf(ask: AskCore, config: GatewayConfig, parts: readonly Part[]): readonly GatewayRoute[] {
  const groups = GROUPS.filter((group) => config.requests || group.requests !== true);
  return [...groups.flatMap(({ routes }) => routes(ask, config)), ...parts.flatMap(({ routes }) => routes)];
}
