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
  run: (probe) =>
    onMap(probe, (map, problems) => {
      const findings: Finding[] = problems
        .filter(({ id }) => id === 'goals_mixed' || id === 'goals_no_group')
        .map(findingOf);
      const sharing = map.goalTakers.find(({ queue }) => queue === PIPELINES_GROUP)?.replicas ?? 0;
      const { pipelines } = probe.expected;
      if (sharing > 1 && pipelines.length > 1) {
        findings.push({
          target: PIPELINES_GROUP,
          problem: `${pipelines.length} different pipelines are configured (${pipelines.map(({ name }) => `"${name}"`).join(', ')}) and ${sharing} share the queue group "${PIPELINES_GROUP}": a goal goes to an arbitrary one`,
          hint: 'Goals are not addressed. Run one pipeline on a bus, or give each its own bus or NATS account.',
          level: 'advisory',
        });
      }
      return verdictOn(findings);
    }),
};

export const GOAL_CHECKS: readonly Check[] = [heard, once];
