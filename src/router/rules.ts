import { isModelTier, MODEL_TIERS } from '../contract/messages.ts';
import { HeddleError } from '../errors.ts';
import type { TierLimit } from './token-bucket.ts';

/** What the router goes by. No rules at all: every task goes to the tier it asks for, without a limit. */
export interface RouterRules {
  /** Tier by exact worker_type; stronger than what the message asks for. */
  readonly tierOverrides: ReadonlyMap<string, string>;
  /** A tier without an entry is unlimited. */
  readonly rateLimits: ReadonlyMap<string, TierLimit>;
}

/** No overrides and no limits. */
export const NO_RULES: RouterRules = Object.freeze({ tierOverrides: new Map(), rateLimits: new Map() });

/** For rules made by a program; a rules file is checked when it is read. Throws input_invalid. */
export function checkRules(rules: RouterRules): void {
  for (const [workerType, tier] of rules.tierOverrides) {
    if (!isModelTier(tier))
      throw wrong(`tier_overrides sends ${JSON.stringify(workerType)} to ${JSON.stringify(tier)}`);
  }
  for (const [tier, { maxConcurrent, tokensPerMinute }] of rules.rateLimits) {
    if (!isModelTier(tier)) throw wrong(`rate_limits names ${JSON.stringify(tier)}`);
    if (!Number.isInteger(maxConcurrent) || maxConcurrent < 1) {
      throw new HeddleError('input_invalid', `rate_limits.${tier}.max_concurrent is no whole number of 1 or more`);
    }
    if (tokensPerMinute !== undefined && !(tokensPerMinute > 0)) {
      throw new HeddleError('input_invalid', `rate_limits.${tier}.tokens_per_minute is no number above 0`);
    }
  }
}

function wrong(what: string): HeddleError {
  return new HeddleError('input_invalid', `${what}, which is no tier`, { hint: `Tiers: ${MODEL_TIERS.join(', ')}.` });
}
