import { type Check, type Finding, verdictOn } from '../check.ts';
import { askedTiers, TIER_NEEDS, tierState } from '../tier-needs.ts';

export const tiersEnvironment: Check = {
  id: 'tiers.environment',
  group: 'tiers',
  title: 'the variables that the tiers need are set',
  level: 'advisory',
  applies: (probe) => askedTiers(probe).length > 0,
  run: (probe) => {
    const findings: Finding[] = [];
    const fine: string[] = [];
    for (const tier of askedTiers(probe)) {
      const state = tierState(probe, tier);
      if (state === undefined) {
        findings.push({
          target: tier,
          problem: `"${tier}" is no tier of Heddle's: the router sends nothing there`,
          hint: `The tiers are ${Object.keys(TIER_NEEDS).join(', ')}.`,
        });
      } else if (state.served) {
        fine.push(`${tier}: ${state.inWords}`);
      } else {
        const { problem } = probe.heddleDefaults;
        const unread = problem === undefined ? '' : `; ~/.heddle/config.yaml could not be read (${problem})`;
        findings.push({
          target: tier,
          problem: `tier ${tier}: ${state.inWords}, and ~/.heddle/config.yaml names none${unread}`,
          remedy: { do: 'configure-tier', variables: TIER_NEEDS[tier] ?? [] },
        });
      }
    }
    return verdictOn(findings, fine.join('; '));
  },
};
