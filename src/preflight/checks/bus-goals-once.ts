import { PIPELINES_GROUP } from '../../contract/subjects.ts';
import { findingOf, onMap } from '../bus-check.ts';
import { type Check, type Finding, verdictOn } from '../check.ts';

export const busGoalsOnce: Check = {
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
