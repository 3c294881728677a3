import type { Problem } from './problem.ts';
import type { GroupView, Topology, WorkerView } from './topology.ts';
import { plural, who } from './wording.ts';

export function workerProblems({ workers }: Topology): Problem[] {
  return workers.flatMap((worker) => [...mixedGroups(worker), ...withoutGroup(worker), ...wrongGroup(worker)]);
}

const GROUP_RULE = (type: string): string =>
  `"workers-${type}" for an LLM worker, "processors-${type}" for a processor`;

function mixedGroups({ type, tier, subject, groups, takers }: WorkerView): Problem[] {
  const named = takers.filter((each) => each.queue !== undefined);
  if (named.length < 2 || groups.every((each) => each.queue === undefined)) return [];
  const parts = named.map((each) => `${each.replicas} in "${each.queue}"`);
  return [
    {
      id: 'worker_mixed_groups',
      severity: 'error',
      target: `${type}.${tier}`,
      message: `${named.length} queue groups on ${subject} (${parts.join(', ')}): every task runs ${named.length} times and ${named.length} results carry one task id`,
      hint: 'Two kinds of worker have one name and tier. Rename one of them or stop it.',
    },
  ];
}

function withoutGroup({ type, tier, subject, groups, copies }: WorkerView): Problem[] {
  const loose = groups.find((each) => each.queue === undefined);
  if (loose === undefined) return [];
  const doubled = copies > 1;
  return [
    {
      id: 'worker_no_group',
      severity: doubled ? 'error' : 'warning',
      target: `${type}.${tier}`,
      message: `${loose.replicas} ${plural(loose.replicas, 'listener')} on ${subject} without a queue group (${members(loose)}): ${
        doubled ? `every task runs ${copies} times` : 'a second replica would run every task twice'
      }`,
      hint: `Subscribe in a queue group: ${GROUP_RULE(type)}.`,
    },
  ];
}

function wrongGroup({ type, tier, subject, groups }: WorkerView): Problem[] {
  const right = new Set([`workers-${type}`, `processors-${type}`]);
  return groups.flatMap((group) => {
    if (group.queue === undefined || right.has(group.queue)) return [];
    return [
      {
        id: 'worker_wrong_group',
        severity: 'warning',
        target: `${type}.${tier}`,
        message: `the queue group "${group.queue}" on ${subject} is not Heddle's (${members(group)}): beside a Heddle worker every task would run twice`,
        hint: `The group of this subject is ${GROUP_RULE(type)}.`,
      } as const,
    ];
  });
}

function members(group: GroupView): string {
  return who(group.members.map((each) => each.connection));
}
