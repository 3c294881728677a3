import { adviceOf } from '../../remedy.ts';
import { plural } from '../../topology/wording.ts';
import { onMap } from '../bus-check.ts';
import { type Check, failed, passed, verdictOn } from '../check.ts';

const told: Check = {
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

const whole: Check = {
  id: 'bus.map_whole',
  group: 'bus',
  title: 'nothing of the bus is out of sight',
  level: 'advisory',
  needs: ['bus.map'],
  run: (probe) =>
    onMap(probe, ({ gaps }) =>
      verdictOn(
        gaps.map((gap) => ({
          problem: gap,
          hint: 'What seems to be missing from the bus may be there: read the checks below with that in mind.',
        })),
      ),
    ),
};

export const MAP_CHECKS: readonly Check[] = [told, whole];
