import { servesTier, type Topology } from '../../topology/topology.ts';
import { describeConnection, who } from '../../topology/wording.ts';
import { busCheck, onMap } from '../bus-check.ts';
import { type Check, type Finding, verdictOn } from '../check.ts';
import type { ExpectedRules } from '../expected-rules.ts';
import type { Traffic } from '../traffic.ts';

const sameRules: Check = {
  id: 'bus.router_rules',
  group: 'bus',
  title: 'all routers go by the same rules',
  level: 'required',
  needs: ['bus.router'],
  applies: ({ ask, expected }) => ask.listenMs !== undefined || expected.rules.files.length > 1,
  run: async (probe) => {
    const traffic = probe.ask.listenMs === undefined ? undefined : await probe.traffic();
    return await onMap(probe, (map) => {
      const findings = [...contraryRoutes(traffic, map), ...contraryFiles(probe.expected.rules, map)];
      return verdictOn(findings, traffic && `${tasksOf(traffic)} tasks were seen on their way`);
    });
  },
};

/** By one set of rules, what is for one worker and asks for one tier goes to one tier. */
function contraryRoutes(traffic: Traffic | undefined, { routers, workers }: Topology): Finding[] {
  const contrary = (traffic?.routes ?? []).filter(({ to }) => to.size > 1);
  return contrary.map(({ type, asked, to }) => {
    const went = [...to].sort().map(([tier, count]) => `${count} to ${tier}`);
    const isServed = (tier: string): boolean => workers.some((each) => each.type === type && servesTier(each, tier));
    const unserved = [...to.keys()].filter((tier) => !isServed(tier)).sort();
    const lost = unserved.length === 0 ? '' : `; nobody listens for ${type} on ${unserved.join(', ')}`;
    const why =
      routers.length > 1
        ? `${routers.length} routers share the tasks and do not go by the same rules (${who(routers.map((each) => each.connection))})`
        : 'the rules of the router changed meanwhile';
    return {
      target: type,
      problem: `of the tasks for ${type} that ask for ${asked}, ${went.join(' and ')} went: ${why}${lost}`,
      hint: SAME_RULES,
      level: unserved.length === 0 ? 'advisory' : 'required',
    };
  });
}

function contraryFiles({ contradictions }: ExpectedRules, { routers }: Topology): Finding[] {
  if (routers.length < 2) return [];
  return contradictions.map(({ type, says }) => ({
    target: type,
    problem: `${routers.length} routers share the tasks, and the rules contradict each other: a task for ${type} goes to tier ${says.join(', ')}: if each is in use, it depends on who takes the task`,
    hint: SAME_RULES,
    level: 'advisory',
  }));
}

const SAME_RULES =
  'Start every router of a bus with the same rules. Two Heddle systems need a bus, or a NATS account, each: nothing in a task tells them apart.';

function tasksOf({ routes }: Traffic): number {
  return routes.flatMap(({ to }) => [...to.values()]).reduce((sum, count) => sum + count, 0);
}

export const ROUTER_CHECKS: readonly Check[] = [
  busCheck({ id: 'bus.router', title: 'a router listens', level: 'advisory' }, ['router_missing'], ({ routers }) => {
    const [first] = routers;
    return routers.length === 1 && first !== undefined
      ? describeConnection(first.connection)
      : `${routers.length} of them`;
  }),
  busCheck({ id: 'bus.router_subscribed', title: 'no router has lost its subscription', level: 'required' }, [
    'router_lost_subscription',
  ]),
  busCheck(
    { id: 'bus.router_once', title: 'every task is routed once', level: 'required', needs: ['bus.router'] },
    ['router_duplicated', 'router_mixed_groups'],
    ({ routers }) =>
      routers.length > 1
        ? `${routers.length} routers share the group "${routers[0]?.queue}": all of them must have the same rules`
        : undefined,
  ),
  sameRules,
];
