import type { Check } from '../check.ts';
import { GATEWAY_CHECKS } from './bus-gateways.ts';
import { GENERATION_CHECKS } from './bus-generations.ts';
import { GOAL_CHECKS } from './bus-goals.ts';
import { HTTP_WORKER_CHECKS } from './bus-http-workers.ts';
import { LOSS_CHECKS } from './bus-losses.ts';
import { MAP_CHECKS } from './bus-map.ts';
import { ROUTER_CHECKS } from './bus-router.ts';
import { WORKER_CHECKS } from './bus-workers.ts';
import { CONFIG_CHECKS } from './config.ts';
import { SERVER_CHECKS } from './connection-server.ts';
import { WAY_IN_CHECKS } from './connection-way-in.ts';
import { PERMISSION_CHECKS } from './permissions.ts';
import { SETTINGS_CHECKS } from './settings.ts';
import { SMOKE_CHECKS } from './smoke.ts';
import { TIER_CHECKS } from './tiers.ts';

/** Every check, in the order of display. A file holds those of one family. */
export const CHECKS: readonly Check[] = [
  ...SETTINGS_CHECKS,
  ...WAY_IN_CHECKS,
  ...SERVER_CHECKS,
  ...PERMISSION_CHECKS,
  ...TIER_CHECKS,
  ...CONFIG_CHECKS,
  ...MAP_CHECKS,
  ...ROUTER_CHECKS,
  ...WORKER_CHECKS,
  ...GOAL_CHECKS,
  ...GATEWAY_CHECKS,
  ...HTTP_WORKER_CHECKS,
  ...LOSS_CHECKS,
  ...GENERATION_CHECKS,
  ...SMOKE_CHECKS,
];
