import { CONFIG_KINDS, type ConfigKind } from '../../config/kind.ts';
import { HeddleError } from '../../errors.ts';
import { didYouMean } from '../../suggest.ts';
import type { Severity } from '../../validate/rule.ts';
import { RULE_IDS } from '../../validate/rules/list.ts';
import type { CommandOptions } from '../command.ts';

export function kindOf(options: CommandOptions): ConfigKind | undefined {
  if (options.as === undefined) return undefined;
  return oneOf('--as', String(options.as), CONFIG_KINDS);
}

export function failOnOf(options: CommandOptions): Severity {
  return oneOf('--fail-on', String(options.failOn), ['error', 'warning'] as const);
}

export function ignoredOf(options: CommandOptions): ReadonlySet<string> {
  const asked = Array.isArray(options.ignore) ? (options.ignore as string[]) : [];
  return new Set(asked.map((rule) => ruleOf('--ignore', rule)));
}

export function ruleOf(flag: string, rule: string): string {
  if (RULE_IDS.includes(rule)) return rule;
  throw new HeddleError('usage', `${flag}: there is no rule "${rule}"`, {
    hint: [didYouMean(rule, RULE_IDS), "'heddle-ts validate --rules' lists them."].filter(Boolean).join(' '),
  });
}

function oneOf<T extends string>(flag: string, value: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw new HeddleError('usage', `${flag}: "${value}" is not one of ${choices.join(', ')}`, {
    hint: didYouMean(value, choices),
  });
}
