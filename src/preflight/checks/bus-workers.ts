import { isModelTier, MODEL_TIERS } from '../../contract/messages.ts';
import { servesTier, type Topology } from '../../topology/topology.ts';
import { busCheck, onMap } from '../bus-check.ts';
import { type Check, type Finding, verdictOn } from '../check.ts';
import { nameOf } from '../expectation.ts';

const present: Check = {
  id: 'bus.worker_present',
  group: 'bus',
  title: 'every worker that is configured or expected listens',
  level: 'advisory',
  needs: ['bus.map'],
  applies: (probe) => probe.expected.workers.length > 0 || probe.ask.expectations.some(({ kind }) => kind === 'worker'),
  run: (probe) =>
    onMap(probe, (map) => {
      const findings: Finding[] = [];
      const expected = new Set<string>();
      for (const expectation of probe.ask.expectations) {
        if (expectation.kind !== 'worker') continue;
        const { type, tier, min } = expectation;
        const name = nameOf(expectation);
        expected.add(name);
        const found = replicasOf(map, type, tier);
        if (found >= min) continue;
        findings.push({
          target: name,
          problem:
            found === 0
              ? `no worker ${name} listens${elsewhere(map, type)}`
              : `${found} of ${min} expected replicas of worker ${name} listen`,
          remedy: { do: 'start-or-restart-worker', kind: undefined, file: undefined },
        });
      }
      const { workers } = probe.expected;
      for (const { type, kind, routedTier, file } of workers) {
        const name = `${type}.${routedTier}`;
        if (expected.has(name) || expected.has(type) || replicasOf(map, type, undefined) > 0) continue;
        findings.push({
          target: name,
          problem: `nobody listens for worker ${name}, which ${file} configures`,
          remedy: { do: 'start-or-restart-worker', kind, file },
        });
      }
      return verdictOn(findings, `${workers.length + expected.size} of ${workers.length + expected.size}`);
    }),
};

const onTheirTier: Check = {
  id: 'bus.worker_tier',
  group: 'bus',
  title: 'workers listen on the tier that their tasks are routed to',
  level: 'required',
  needs: ['bus.map'],
  run: (probe) =>
    onMap(probe, (map) => {
      const findings: Finding[] = [];
      const { workers, rules } = probe.expected;
      const spoken = new Set<string>();
      for (const { type, routedTier, overridden, file } of workers) {
        const listening = map.workers.filter((worker) => worker.type === type);
        if (listening.length === 0 || listening.some(({ tier }) => tier === routedTier)) continue;
        for (const { subject } of listening) spoken.add(subject);
        findings.push({
          target: `${type}.${routedTier}`,
          problem: `tasks for ${type} go to tier ${routedTier} (${overridden ? 'the router rules override it' : file}), and it listens on ${listening.map(({ tier }) => tier).join(', ')} only: they reach nobody`,
          remedy: {
            do: 'restart-worker-on-tier',
            worker: 'configured',
            tier: routedTier,
            decidedBy: overridden ? 'tier_overrides' : 'default_model_tier',
          },
        });
      }
      for (const { type, tier, subject } of map.workers) {
        const override = rules?.tierOverrides.get(type);
        if (spoken.has(subject)) continue;
        if (!isModelTier(tier)) {
          findings.push({
            target: `${type}.${tier}`,
            problem: `a worker listens on ${subject}, and no router sends anything to a tier "${tier}"`,
            hint: `The tiers are ${MODEL_TIERS.join(', ')}: restart it with one of them.`,
            level: 'advisory',
          });
        } else if (override !== undefined && override !== tier) {
          findings.push({
            target: `${type}.${tier}`,
            problem: `a worker listens on ${subject}, and the router rules send every task for ${type} to tier ${override}`,
            remedy: { do: 'restart-worker-on-tier', worker: 'seen', tier: override, decidedBy: 'tier_overrides' },
            level: 'advisory',
          });
        }
      }
      return verdictOn(findings);
    }),
};

export const WORKER_CHECKS: readonly Check[] = [
  present,
  onTheirTier,
  busCheck({ id: 'bus.worker_group', title: 'workers listen in the queue group of their name', level: 'advisory' }, [
    'worker_no_group',
    'worker_wrong_group',
  ]),
  busCheck(
    { id: 'bus.worker_once', title: 'every task is worked on once', level: 'required' },
    ['worker_mixed_groups'],
    ({ workers }) => `${workers.length} worker ${workers.length === 1 ? 'subject' : 'subjects'}`,
  ),
];

function replicasOf(map: Topology, type: string, tier: string | undefined): number {
  return map.workers
    .filter((worker) => worker.type === type && (tier === undefined || servesTier(worker, tier)))
    .reduce((sum, { replicas }) => sum + replicas, 0);
}

function elsewhere(map: Topology, type: string): string {
  const tiers = map.workers.filter((worker) => worker.type === type).map(({ subject }) => subject);
  return tiers.length === 0 ? '' : `; one listens on ${tiers.join(', ')}`;
}
