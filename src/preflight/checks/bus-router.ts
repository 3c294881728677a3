import { describeConnection } from '../../topology/wording.ts';
import { busCheck } from '../bus-check.ts';

export const busRouter = busCheck(
  { id: 'bus.router', title: 'a router listens', level: 'advisory' },
  ['router_missing'],
  ({ routers }) => {
    const [first] = routers;
    return routers.length === 1 && first !== undefined
      ? describeConnection(first.connection)
      : `${routers.length} of them`;
  },
);
