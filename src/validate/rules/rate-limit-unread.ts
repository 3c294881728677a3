import { entryOf, isNumber } from '../../config/node.ts';
import { limitsIn } from '../limits.ts';
import type { ConfigRule } from '../rule.ts';

export const rateLimitUnread: ConfigRule = {
  id: 'rate-limit-unread',
  scope: 'config',
  kinds: ['router'],
  severity: 'note',
  summary: 'tokens_per_minute is set, and no router reads it.',
  why: "The router's documentation says otherwise; its code takes the rate from max_concurrent alone.",
  hint: 'Set max_concurrent; keep tokens_per_minute only as a remark.',
  example: {
    'router_rules.yaml': 'rate_limits:\n  frontier:\n    max_concurrent: 120\n    tokens_per_minute: 50000\n',
  },
  check: ({ root }, report) => {
    for (const { limit } of limitsIn(root)) {
      const entry = entryOf(limit, 'tokens_per_minute');
      if (entry !== undefined && isNumber(entry.value)) report(entry.key, "no router reads 'tokens_per_minute'");
    }
  },
};
