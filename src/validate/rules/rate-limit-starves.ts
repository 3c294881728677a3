import { limitsIn } from '../limits.ts';
import type { ConfigRule } from '../rule.ts';

/** Under one task a second a limit is more likely a misunderstanding than a wish. */
const ENOUGH = 60;

export const rateLimitStarves: ConfigRule = {
  id: 'rate-limit-starves',
  scope: 'config',
  kinds: ['router'],
  severity: 'warning',
  summary: 'A rate limit lets hardly any task through.',
  why: 'Whatever its name says, max_concurrent is a number of tasks a minute: the router allows a burst of that many and then one in every 60/max_concurrent seconds. Of 100 quick tasks at max_concurrent: 4, 96 go to the dead letters, where nothing tries them again. Without the key the limit is 10.',
  hint: 'Set max_concurrent to the number of tasks a minute that the tier may get, at least 60; or remove the entry, which leaves the tier unlimited.',
  example: { 'router_rules.yaml': 'rate_limits:\n  local:\n    max_concurrent: 4\n    tokens_per_minute: 100000\n' },
  check: ({ root }, report) => {
    for (const { tier, key, node, concurrent } of limitsIn(root)) {
      if (concurrent === undefined || concurrent >= ENOUGH || concurrent < 1) continue;
      const said =
        node === undefined ? `without 'max_concurrent' it gets ${concurrent}` : `'max_concurrent' is ${concurrent}`;
      report(
        node ?? key,
        `the tier '${tier}' gets ${concurrent} tasks a minute after a first ${concurrent} (${said})`,
        {
          hint: 'max_concurrent counts tasks a minute; tasks beyond it become dead letters',
        },
      );
    }
  },
};
