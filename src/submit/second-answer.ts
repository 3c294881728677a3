import { GOALS_INCOMING, TASKS_INCOMING } from '../contract/subjects.ts';
import type { Prepared } from '../delivery/prepared.ts';
import { copiesOf, groupsOf } from '../topology/build-topology.ts';
import { hearersOf } from '../topology/hearers.ts';
import type { GroupView, Topology, Unknown } from '../topology/topology.ts';

/** Who did the work twice, as far as the names in the answers and the map of the bus tell; undefined: they do not. */
export function whoAnsweredTwice(
  { kind, workerType }: Pick<Prepared, 'kind' | 'workerType'>,
  [first, second]: readonly [first: string | undefined, second: string],
  map: Topology | Unknown | undefined,
): string | undefined {
  const [copies] = map?.known === true ? (kind === 'goal' ? [takersOf(map)] : taskCopies(map, workerType ?? '')) : [];
  const named =
    kind === 'goal' && first !== undefined && first !== second ? `"${first}" and "${second}" both answered` : undefined;
  return [named, copies].filter((part) => part !== undefined).join(': ') || undefined;
}

function takersOf({ goalTakers }: Topology): string | undefined {
  return copiesOf(goalTakers) > 1 ? `${GOALS_INCOMING} is taken by ${inWords(goalTakers)}` : undefined;
}

/** A task is doubled by its routers or by its workers, the likelier first. */
function taskCopies(map: Topology, workerType: string): string[] {
  const routers = groupsOf(hearersOf(map, TASKS_INCOMING).actors);
  const doubled = [{ subject: TASKS_INCOMING, groups: routers, copies: copiesOf(routers) }];
  for (const { type, subject, takers, copies } of map.workers) {
    if (type === workerType) doubled.push({ subject, groups: [...takers], copies });
  }
  return doubled
    .filter(({ copies }) => copies > 1)
    .map(({ subject, groups }) => `${subject} is taken by ${inWords(groups)}`);
}

function inWords(groups: readonly GroupView[]): string {
  const parts = groups.map(({ queue, replicas }) =>
    queue === undefined ? `${replicas} outside any queue group` : `${replicas} in the queue group "${queue}"`,
  );
  return parts.join(' and ');
}
