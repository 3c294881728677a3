import { readText } from '../config/document.ts';
import type { ConfigKind } from '../config/kind.ts';
import type { Advice } from '../remedy.ts';
import { type FileResult, validate } from './engine.ts';
import type { Finding, Severity } from './finding.ts';
import type { Rule } from './rule.ts';
import { RULES } from './rules/list.ts';

/** A rule as a reader wants it explained. */
export interface RulePage extends Advice {
  readonly id: string;
  readonly severity: Severity;
  readonly kinds: readonly ConfigKind[] | 'all';
  /** One sentence that is true when the rule is broken. */
  readonly summary: string;
  /** What happens to somebody who leaves it so. */
  readonly why: string;
  /** Files that break the rule, by name. */
  readonly example: Readonly<Record<string, string>>;
  /** What the rule says of them. */
  readonly findings: readonly Finding[];
}

export function rulePage(rule: Rule): RulePage {
  const { id, severity, summary, why, hint, remedy, example } = rule;
  const findings = judgeExample(rule).flatMap((file) => file.findings.filter((each) => each.rule === id));
  const kinds = rule.scope === 'config' ? rule.kinds : 'all';
  return { id, severity, kinds, summary, why, hint, remedy, example, findings };
}

/** The files of a rule's example, judged now: what the page of the rule shows is what the program says. */
export function judgeExample(rule: Rule): readonly FileResult[] {
  const documents = Object.entries(rule.example).map(([name, text]) => readText(name, text));
  const { files, failures } = validate(documents, { rules: RULES, as: rule.exampleAs });
  if (failures[0] !== undefined) throw failures[0].error;
  return files;
}
