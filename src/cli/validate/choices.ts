import { HeddleError } from '../../errors.ts';
import { didYouMean } from '../../suggest.ts';
import { RULE_IDS } from '../../validate/rules/list.ts';
import type { ValidateFlags } from './flags.ts';

export function ignoredOf({ ignore }: ValidateFlags): ReadonlySet<string> {
  return new Set(ignore.flatMap((each) => each.split(',')).map((rule) => ruleOf('--ignore', rule.trim())));
}

export function ruleOf(flag: string, rule: string): string {
  if (RULE_IDS.includes(rule)) return rule;
  throw new HeddleError('usage', `${flag}: there is no rule "${rule}"`, {
    hint: [didYouMean(rule, RULE_IDS), "'heddle-ts validate --rules' lists them."].filter(Boolean).join(' '),
  });
}
