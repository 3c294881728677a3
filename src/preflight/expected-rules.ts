import type { RouterRules } from '../config/views/router.ts';
import type { ModelTier } from '../contract/messages.ts';

export interface RulesFile {
  readonly file: string;
  readonly rules: RouterRules;
}

/** What is known of the rules that the running routers go by. */
export interface ExpectedRules {
  readonly files: readonly RulesFile[];
  /** The tier that every task for it goes to; undefined: the one that it asks for; `unknown` without rules, or where they differ. */
  overrideOf(type: string): ModelTier | 'unknown' | undefined;
  /** The worker types that the files send to different tiers, each with what every file says. */
  readonly contradictions: readonly { readonly type: string; readonly says: readonly string[] }[];
}

export function rulesOf(files: readonly RulesFile[]): ExpectedRules {
  const overrideOf: ExpectedRules['overrideOf'] = (type) => {
    const [first, ...others] = files.map(({ rules }) => rules.tierOverrides.get(type));
    if (files.length === 0 || others.some((each) => each !== first)) return 'unknown';
    return first;
  };
  const types = new Set(files.flatMap(({ rules }) => [...rules.tierOverrides.keys()]));
  const contradictions = [...types]
    .filter((type) => overrideOf(type) === 'unknown')
    .sort()
    .map((type) => ({
      type,
      says: files.map(({ file, rules }) => `${rules.tierOverrides.get(type) ?? 'as the task asks'} by ${file}`),
    }));
  return { files, overrideOf, contradictions };
}

/** Where no configs were named. */
export const NO_RULES_KNOWN: ExpectedRules = rulesOf([]);
