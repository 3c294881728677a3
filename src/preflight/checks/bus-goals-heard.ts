import { GOALS_INCOMING, ORCHESTRATORS_GROUP, PIPELINES_GROUP } from '../../contract/subjects.ts';
import { findingOf, onMap } from '../bus-check.ts';
import type { Check, Finding } from '../check.ts';
import { verdictOn } from '../check.ts';
import { saidOf } from '../probe.ts';

const GROUP_OF = { pipeline: PIPELINES_GROUP, orchestrator: ORCHESTRATORS_GROUP } as const;

export const busGoalsHeard: Check = {
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
