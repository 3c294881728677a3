import { busCheck } from '../bus-check.ts';

export const busRouterSubscribed = busCheck(
  { id: 'bus.router_subscribed', title: 'no router has lost its subscription', level: 'required' },
  ['router_lost_subscription'],
  () => undefined,
);
