import type { Shape } from './shape.ts';

/** Nothing here: the gateway's own reader judges its config to the last key (config/views/gateway-config), and rules/gateway.ts tells what it says. */
export const gateway: Shape = { fields: [], also: [] };
