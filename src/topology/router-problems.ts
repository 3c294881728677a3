import { TASKS_INCOMING } from '../contract/subjects.ts';
import { copiesOf, groupsOf } from './build-topology.ts';
import type { Connection } from './connection.ts';
import type { Problem } from './problem.ts';
import type { Topology } from './topology.ts';
import { who } from './wording.ts';

export function routerProblems(topology: Topology): Problem[] {
  const problems: Problem[] = [];
  const lost = lostRouters(topology);
  if (lost.length > 0) {
    problems.push({
      id: 'router_lost_subscription',
      severity: 'error',
      target: TASKS_INCOMING,
      message: `a router is connected and does not listen on ${TASKS_INCOMING}: ${who(lost)}`,
      hint: "It lost its subscription (Heddle's Python actors do when NATS restarts, and look alive). Restart that process.",
    });
  }
  if (topology.routers.length === 0) {
    const mute = muteActors(topology);
    const suspects =
      lost.length === 0 && mute.length > 0
        ? `; ${who(mute)} ${mute.length === 1 ? 'is' : 'are'} connected and ${mute.length === 1 ? 'hears' : 'hear'} nothing, as a router that lost its subscription does`
        : '';
    problems.push({
      id: 'router_missing',
      severity: 'error',
      target: TASKS_INCOMING,
      message: `no router listens on ${TASKS_INCOMING}: every task is lost${suspects}`,
      remedy: suspects === '' ? { do: 'start-router', missed: 'on-map' } : { do: 'restart-router' },
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

/** A nameless Python client that hears nothing at all: a publisher that is about to go, or a zombie. */
function muteActors({ silent }: Topology): Connection[] {
  return silent.filter((each) => each.name === undefined && each.lang === 'python3' && each.subscriptions.length === 0);
}
