import { TASKS_INCOMING } from '../contract/subjects.ts';
import { copiesOf, groupsOf } from './build-topology.ts';
import type { Connection } from './connection.ts';
import type { Problem } from './problem.ts';
import type { Topology } from './topology.ts';
import { plural, who } from './wording.ts';

/** `kept`: the streams that keep what is sent to a router. */
export function routerProblems(topology: Topology, kept: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  const lost = lostRouters(topology);
  if (lost.length > 0) {
    problems.push({
      id: 'router_lost_subscription',
      severity: 'error',
      target: TASKS_INCOMING,
      message: `a router is connected and does not listen on ${TASKS_INCOMING}: ${who(lost)}`,
      hint: 'It lost its subscription, or its server refused it. Look at its log, and restart that process.',
    });
  }
  if (topology.routers.length === 0) {
    problems.push({
      id: 'router_missing',
      severity: 'error',
      target: TASKS_INCOMING,
      message: `no router listens on ${TASKS_INCOMING}: ${fate(kept)}`,
      remedy: { do: 'start-router', missed: 'on-map' },
    });
    return problems;
  }
  const groups = groupsOf(topology.routers);
  const copies = copiesOf(groups);
  if (copies === 1) return problems;
  const named = groups.filter((each) => each.queue !== undefined);
  const loose = groups.find((each) => each.queue === undefined);
  const connections = topology.routers.map((each) => each.connection);
  if (named.length === 0) {
    problems.push({
      id: 'router_duplicated',
      severity: 'error',
      target: TASKS_INCOMING,
      message: `${copies} routers listen without a queue group (${who(connections)}): every task runs ${copies} times, and rate limits count ${copies}-fold`,
      hint: 'Keep one.',
      remedy: { do: 'share-router-group' },
    });
  } else {
    const parts = named.map((each) => `${each.replicas} in group "${each.queue}"`);
    if (loose !== undefined) parts.push(`${loose.replicas} without a group`);
    problems.push({
      id: 'router_mixed_groups',
      severity: 'error',
      target: TASKS_INCOMING,
      message: `routers do not share one queue group (${parts.join(', ')}): every task runs ${copies} times`,
      hint: 'Stop those that are not in the group "router" (Heddle\'s own router of April 2026 joins none).',
    });
  }
  return problems;
}

function fate(kept: readonly string[]): string {
  if (kept.length === 0) return 'every task is lost';
  const streams = kept.map((each) => JSON.stringify(each)).join(', ');
  return `no task is worked on; the ${plural(kept.length, 'stream')} ${streams} ${kept.length === 1 ? 'keeps' : 'keep'} them`;
}

/** Those that say by their name that they are a router. */
function lostRouters({ connections }: Topology): Connection[] {
  return connections.filter(
    (each) =>
      !each.self &&
      each.name?.startsWith('heddle-ts router') === true &&
      each.unlisted === 0 &&
      !each.subscriptions.some(({ subject }) => subject === TASKS_INCOMING),
  );
}
