import type { HttpWorkers } from '../../topology/http-workers.ts';
import type { Problem } from '../../topology/problem.ts';
import type { Topology } from '../../topology/topology.ts';
import { plural } from '../../topology/wording.ts';
import { workerTotals } from '../../topology/worker-count.ts';
import { formatCount } from '../screen/count.ts';
import type { Part } from '../screen/fit-parts.ts';
import type { Style } from '../screen/style.ts';

/** The sums of a bus, the problems first. `perSecond`: tasks delivered to workers, where two readings tell. */
export function totalParts(
  map: Topology,
  http: HttpWorkers,
  problems: readonly Problem[],
  perSecond: number | undefined,
  style: Style,
): readonly Part[] {
  const { routers, goalTakers, connections } = map;
  const many = (count: number, word: string): string => `${formatCount(count)} ${plural(count, word)}`;
  const { replicas, types } = workerTotals(map, http);
  const more = http.unknown.length > 0 ? ' or more' : '';
  const errors = problems.some(({ severity }) => severity === 'error');
  const bad = errors ? style.bad : problems.length > 0 ? style.warn : undefined;
  return [
    { text: many(problems.length, 'problem'), rank: 0, style: bad },
    { text: `${many(replicas, 'worker')}${more} of ${many(types, 'type')}`, rank: 1 },
    { text: perSecond === undefined ? '' : `${formatCount(Math.round(perSecond))} tasks/s`, rank: 2 },
    { text: many(routers.length, 'router'), rank: 3 },
    {
      text: many(
        goalTakers.reduce((sum, each) => sum + each.replicas, 0),
        'goal taker',
      ),
      rank: 4,
    },
    { text: many(connections.length, 'connection'), rank: 5 },
  ];
}
