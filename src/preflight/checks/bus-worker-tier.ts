import { isModelTier, MODEL_TIERS } from '../../contract/messages.ts';
import { onMap } from '../bus-check.ts';
import { type Check, type Finding, verdictOn } from '../check.ts';

export const busWorkerTier: Check = {
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
