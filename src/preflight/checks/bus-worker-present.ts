import type { Topology } from '../../topology/topology.ts';
import { onMap } from '../bus-check.ts';
import { type Check, type Finding, verdictOn } from '../check.ts';
import { nameOf } from '../expectation.ts';

export const busWorkerPresent: Check = {
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

function replicasOf(map: Topology, type: string, tier: string | undefined): number {
  return map.workers
    .filter((worker) => worker.type === type && (tier === undefined || worker.tier === tier))
    .reduce((sum, { replicas }) => sum + replicas, 0);
}

function elsewhere(map: Topology, type: string): string {
  const tiers = map.workers.filter((worker) => worker.type === type).map(({ subject }) => subject);
  return tiers.length === 0 ? '' : `; one listens on ${tiers.join(', ')}`;
}
