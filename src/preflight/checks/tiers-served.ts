import { type Check, passed } from '../check.ts';
import { askedTiers, TIER_NEEDS, tierState } from '../tier-needs.ts';

/** Only tells: nobody said which tier this machine is meant to serve. */
export const tiersServed: Check = {
  id: 'tiers.served',
  group: 'tiers',
  title: 'what tiers LLM workers on this machine can serve',
  level: 'advisory',
  applies: (probe) => askedTiers(probe).length === 0,
  run: (probe) => {
    const tiers = Object.keys(TIER_NEEDS).map((tier) => ({ tier, state: tierState(probe, tier) }));
    const can = tiers.filter(({ state }) => state?.served === true).map(({ tier }) => tier);
    const cannot = tiers.filter(({ state }) => state?.served !== true).map(({ tier }) => tier);
    if (cannot.length === 0) return passed(can.join(', '));
    if (can.length === 0) return passed('none, as no model is configured here; processors need none');
    return passed(`${can.join(', ')}; not ${cannot.join(', ')}`);
  },
};
