import { entryOf, isInteger, isNumber, keyText, type MapNode, type Node } from '../../config/node.ts';
import { DEFAULT_MAX_CONCURRENT } from '../../config/views/router.ts';
import type { ConfigRule, Rule } from '../rule.ts';

interface Limit {
  readonly tier: string;
  readonly key: Node;
  readonly limit: MapNode;
  /** The value of max_concurrent, when it is written. */
  readonly node: Node | undefined;
  /** Undefined when it is written and no whole number. */
  readonly concurrent: number | undefined;
}

function* limitsIn(root: MapNode): Generator<Limit> {
  const limits = entryOf(root, 'rate_limits')?.value;
  if (limits?.kind !== 'map') return;
  for (const { key, value } of limits.entries.values()) {
    if (value.kind !== 'map') continue;
    const node = entryOf(value, 'max_concurrent')?.value;
    const concurrent = node === undefined ? DEFAULT_MAX_CONCURRENT : isInteger(node) ? Number(node.value) : undefined;
    yield { tier: keyText(key), key, limit: value, node, concurrent };
  }
}

/** Under one task a second a limit is more likely a misunderstanding than a wish. */
const ENOUGH = 60;

const rateLimitStarves: ConfigRule = {
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

const rateLimitUnread: ConfigRule = {
  id: 'rate-limit-unread',
  scope: 'config',
  kinds: ['router'],
  severity: 'note',
  summary: "tokens_per_minute is set, and Heddle's router does not read it.",
  why: "The router's documentation says otherwise; its code takes the rate from max_concurrent alone.",
  remedy: { do: 'refill-as-documented' },
  example: {
    'router_rules.yaml': 'rate_limits:\n  frontier:\n    max_concurrent: 120\n    tokens_per_minute: 50000\n',
  },
  check: ({ root }, report) => {
    for (const { limit } of limitsIn(root)) {
      const entry = entryOf(limit, 'tokens_per_minute');
      if (entry !== undefined && isNumber(entry.value))
        report(entry.key, "Heddle's router does not read 'tokens_per_minute'");
    }
  },
};

export const ROUTER_RULES: readonly Rule[] = [rateLimitStarves, rateLimitUnread];
