import { busCheck } from '../bus-check.ts';

export const busRouterOnce = busCheck(
  { id: 'bus.router_once', title: 'every task is routed once', level: 'required', needs: ['bus.router'] },
  ['router_duplicated', 'router_mixed_groups'],
  ({ routers }) =>
    routers.length > 1 ? `${routers.length} routers share the group "${routers[0]?.queue}"` : undefined,
);
