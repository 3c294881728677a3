import { adviceOf } from '../remedy.ts';
import type { HttpWorkers } from '../topology/http-workers.ts';
import type { Kept } from '../topology/kept.ts';
import type { Problem, ProblemId } from '../topology/problem.ts';
import type { Topology } from '../topology/topology.ts';
import { type Check, type Finding, type Level, type Outcome, skipped, verdictOn } from './check.ts';
import type { Probe } from './probe.ts';

/** Work lost or doubled now is more than advice; what is merely missing may be about to start. */
const MISSING: ReadonlySet<ProblemId> = new Set(['router_missing', 'goals_unheard', 'dead_letters_unheard']);

export function findingOf(problem: Problem): Finding {
  const { id, severity, target, message } = problem;
  const level: Level = severity === 'error' && !MISSING.has(id) ? 'required' : 'advisory';
  return { target, problem: message, ...adviceOf(problem), level };
}

/** A check that passes when the map shows none of these problems. */
export function busCheck(
  about: Pick<Check, 'id' | 'title' | 'level'> & { needs?: readonly string[] },
  problems: readonly ProblemId[],
  detail?: (map: Topology, kept: Kept | 'unknown') => string | undefined,
): Check {
  return {
    ...about,
    group: 'bus',
    needs: ['bus.map', ...(about.needs ?? [])],
    run: (probe) =>
      onMap(probe, (map, found, kept) =>
        verdictOn(found.filter(({ id }) => problems.includes(id)).map(findingOf), detail?.(map, kept)),
      ),
  };
}

export async function onMap(
  probe: Probe,
  judge: (map: Topology, problems: readonly Problem[], kept: Kept | 'unknown', http: HttpWorkers) => Outcome,
): Promise<Outcome> {
  const { map, problems, kept, http } = await probe.map();
  return map.known ? judge(map, problems, kept, http) : skipped(`who is on the bus is unknown: ${map.reason}`);
}
