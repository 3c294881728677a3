import { isModelTier, MODEL_TIERS, type ModelTier } from '../../contract/messages.ts';
import type { ConfigDocument } from '../document.ts';
import { otherKind, otherKindText } from '../kind.ts';
import { isInteger, isNull, isNumber, isString, keyText, type Node } from '../node.ts';
import { type ConfigResult, View } from './view.ts';

export interface RateLimit {
  /** Tokens a minute and the size of a burst at once; 10 when the file does not say. */
  readonly maxConcurrent: number;
  /** Written in many files, read by no router of Heddle's. */
  readonly tokensPerMinute: number | undefined;
}

export interface RouterRules {
  /** Exact worker_type to the tier that wins over the message's own. */
  readonly tierOverrides: ReadonlyMap<string, ModelTier>;
  /** A tier without an entry is unlimited. */
  readonly rateLimits: ReadonlyMap<ModelTier, RateLimit>;
}

export const DEFAULT_MAX_CONCURRENT = 10;

/** Stricter than Heddle's check where its router then dies: null for a whole section or for max_concurrent. */
export function readRouterRules(document: ConfigDocument): ConfigResult<RouterRules> {
  const view = new View(document);
  const root = view.root();
  if (root === undefined) return view.failed();
  // A router would take it, and run without rules.
  const other = otherKind(root, 'router');
  if (other !== undefined) view.reject(root.entries.get(other.key)?.key ?? root, otherKindText(other, 'router'));
  const tierOverrides = new Map<string, ModelTier>();
  const rateLimits = new Map<ModelTier, RateLimit>();
  for (const key of ['tier_overrides', 'rate_limits']) {
    const section = root.entries.get(key)?.value;
    if (section !== undefined && isNull(section))
      view.reject(section, `'${key}' may not be null: the router would die; use {}`);
  }
  for (const { key, value } of view.map(root, 'tier_overrides')?.entries.values() ?? []) {
    if (isTier(value)) tierOverrides.set(keyText(key), value.value);
    else view.reject(value, `the tier of '${keyText(key)}' must be one of ${tierList}`);
  }
  for (const { key, value } of view.map(root, 'rate_limits')?.entries.values() ?? []) {
    if (!isTier(key)) view.reject(key, `'${keyText(key)}' is not a tier; tiers are ${tierList}`);
    else if (value.kind !== 'map') view.reject(value, `the rate limit of '${key.value}' must be a mapping`);
    else {
      const concurrent = value.entries.get('max_concurrent')?.value;
      const tokens = value.entries.get('tokens_per_minute')?.value;
      if (concurrent !== undefined && !(isInteger(concurrent) && concurrent.value >= 1)) {
        view.reject(concurrent, "'max_concurrent' must be a positive integer");
      }
      if (tokens !== undefined && !isNull(tokens) && !(isNumber(tokens) && tokens.value > 0)) {
        view.reject(tokens, "'tokens_per_minute' must be a positive number");
      }
      rateLimits.set(key.value, {
        maxConcurrent: isInteger(concurrent) ? Number(concurrent.value) : DEFAULT_MAX_CONCURRENT,
        tokensPerMinute: isNumber(tokens) ? Number(tokens.value) : undefined,
      });
    }
  }
  return view.done({ tierOverrides, rateLimits });
}

const tierList = MODEL_TIERS.map((tier) => `'${tier}'`).join(', ');

function isTier(node: Node): node is Node & { value: ModelTier } {
  return isString(node) && isModelTier(node.value);
}
