import { GOALS_INCOMING, ORCHESTRATORS_GROUP, PIPELINES_GROUP } from '../../contract/subjects.ts';
import { findingOf, onMap } from '../bus-check.ts';
import { type Check, type Finding, verdictOn } from '../check.ts';
import { saidOf } from '../probe.ts';

const GROUP_OF = { pipeline: PIPELINES_GROUP, orchestrator: ORCHESTRATORS_GROUP } as const;

const heard: Check = {
  id: 'bus.goals_heard',
  group: 'bus',
  title: 'somebody takes goals',
  level: 'advisory',
  needs: ['bus.map'],
  run: (probe) =>
    onMap(probe, (map, problems) => {
      const findings: Finding[] = [];
      for (const { kind } of probe.ask.expectations) {
        if (kind !== 'pipeline' && kind !== 'orchestrator') continue;
        if (map.goalTakers.some(({ queue }) => queue === GROUP_OF[kind])) continue;
        findings.push({
          target: kind,
          problem: `no ${kind} takes goals${saidOf(probe.ask, kind)}: nobody listens on ${GOALS_INCOMING} in the queue group "${GROUP_OF[kind]}"`,
          remedy: { do: 'start-goal-taker', missed: kind },
        });
      }
      if (findings.length === 0) findings.push(...problems.filter(({ id }) => id === 'goals_unheard').map(findingOf));
      const takers = map.goalTakers.map(
        ({ queue, replicas }) => `${replicas} in ${queue === undefined ? 'no group' : `"${queue}"`}`,
      );
      return verdictOn(findings, takers.join(', '));
    }),
};

const once: Check = {
  id: 'bus.goals_once',
  group: 'bus',
  title: 'every goal is carried out once, by the one that is meant',
  level: 'required',
  needs: ['bus.map'],
  run: async (probe) => {
    const traffic = probe.ask.listenMs === undefined ? undefined : await probe.traffic();
    return await onMap(probe, (map, problems) => {
      const findings: Finding[] = problems
        .filter(({ id }) => id === 'goals_mixed' || id === 'goals_no_group')
        .map(findingOf);
      const sharing = map.goalTakers.find(({ queue }) => queue === PIPELINES_GROUP)?.replicas ?? 0;
      const answerers = [...(traffic?.goalAnswers.keys() ?? [])].sort();
      const names = probe.expected.pipelines.map(({ name }) => name);
      // Who runs what is on no map: only the answers tell.
      const problem =
        answerers.length > 1
          ? `goals were answered by ${quoted(answerers)}: each goes to an arbitrary one`
          : names.length > 1
            ? `${names.length} pipelines are configured (${quoted(names)}) and ${sharing} processes share the queue group "${PIPELINES_GROUP}": unless all of them run the same one, a goal goes to an arbitrary one`
            : undefined;
      if (sharing > 1 && problem !== undefined) {
        const level = answerers.length > 1 ? 'required' : 'advisory';
        findings.push({ target: PIPELINES_GROUP, problem, hint: ONE_PIPELINE, level });
      }
      return verdictOn(findings);
    });
  },
};

const ONE_PIPELINE = 'Goals are not addressed. Run one pipeline on a bus, or give each its own bus or NATS account.';

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

export const GOAL_CHECKS: readonly Check[] = [heard, once];
