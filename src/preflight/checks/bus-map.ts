import { adviceOf } from '../../remedy.ts';
import { plural } from '../../topology/wording.ts';
import { type Check, failed, passed } from '../check.ts';

export const busMap: Check = {
  id: 'bus.map',
  group: 'bus',
  title: 'the servers tell who is on the bus',
  level: 'advisory',
  needs: ['connection.authenticated'],
  run: async (probe) => {
    const { map } = await probe.map();
    if (!map.known) {
      return failed({
        target: map.code,
        problem: `who is on the bus is unknown: ${map.reason}`,
        ...adviceOf(map),
      });
    }
    const subscriptions = map.connections.reduce((sum, each) => sum + each.subscriptions.length, 0);
    const servers = map.servers.length === 1 ? '' : ` on ${map.servers.length} servers`;
    const connections = map.connections.length;
    return passed(
      `${connections} ${plural(connections, 'connection')}, ${subscriptions} ${plural(subscriptions, 'subscription')}${servers}`,
    );
  },
};
