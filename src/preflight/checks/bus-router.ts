import { describeConnection } from '../../topology/wording.ts';
import { busCheck } from '../bus-check.ts';
import type { Check } from '../check.ts';

export const ROUTER_CHECKS: readonly Check[] = [
  busCheck({ id: 'bus.router', title: 'a router listens', level: 'advisory' }, ['router_missing'], ({ routers }) => {
    const [first] = routers;
    return routers.length === 1 && first !== undefined
      ? describeConnection(first.connection)
      : `${routers.length} of them`;
  }),
  busCheck({ id: 'bus.router_subscribed', title: 'no router has lost its subscription', level: 'required' }, [
    'router_lost_subscription',
  ]),
  busCheck(
    { id: 'bus.router_once', title: 'every task is routed once', level: 'required', needs: ['bus.router'] },
    ['router_duplicated', 'router_mixed_groups'],
    ({ routers }) =>
      routers.length > 1 ? `${routers.length} routers share the group "${routers[0]?.queue}"` : undefined,
  ),
];
