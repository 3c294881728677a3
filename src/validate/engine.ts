import type { ConfigDocument } from '../config/document.ts';
import type { ConfigKind } from '../config/kind.ts';
import { disabledRules } from './disable.ts';
import { type FileFacts, factsOf } from './facts.ts';
import { byPlace, type Details, type Finding, identity, type Severity, type Spot, spot } from './finding.ts';
import type { ConfigRule, ConfigSubject, DocumentRule, Report, Rule, RunRule } from './rule.ts';
import { Subject } from './subject.ts';

export interface ValidateOptions {
  readonly rules: readonly Rule[];
  /** Every file is taken for this kind. */
  readonly as?: ConfigKind | undefined;
  readonly ignore?: ReadonlySet<string>;
}

/** What the rules say of one config. */
export interface FileResult {
  readonly file: string;
  readonly kind: ConfigKind | 'unknown';
  readonly findings: readonly Finding[];
}

/** A rule that threw: our mistake. Everything else is still reported. */
export interface RuleFailure {
  readonly rule: string;
  readonly file: string;
  readonly error: unknown;
}

export interface Validation {
  readonly files: readonly FileResult[];
  readonly failures: readonly RuleFailure[];
}

/** Judges files one after another, keeping findings and small facts, never documents. */
export function validate(documents: Iterable<ConfigDocument>, options: ValidateOptions): Validation {
  const rules = options.rules.filter((rule) => options.ignore?.has(rule.id) !== true);
  const fileRules = rules.filter((rule): rule is ConfigRule | DocumentRule => rule.scope !== 'run');
  const runRules = rules.filter((rule): rule is RunRule => rule.scope === 'run');
  const files: { file: string; kind: FileResult['kind']; findings: Finding[]; disabled: Disabled }[] = [];
  const facts: FileFacts[] = [];
  const failures: RuleFailure[] = [];
  for (const document of documents) {
    const subject = new Subject(document, options.as);
    const findings = judge(subject, fileRules, failures);
    files.push({ file: document.path, kind: subject.kind, findings, disabled: disabledRules(document.text) });
    if (runRules.length > 0) facts.push(factsOf(subject));
  }
  const byFile = new Map(files.map((each) => [each.file, each]));
  for (const rule of runRules) {
    try {
      rule.check(facts, (at, message, details) => {
        byFile.get(at.where.path)?.findings.push(finding(rule, spot(at.where, at), message, details));
      });
    } catch (error) {
      failures.push({ rule: rule.id, file: '', error });
    }
  }
  return {
    files: files.map(({ file, kind, findings, disabled }) => ({ file, kind, findings: tidy(findings, disabled) })),
    failures,
  };
}

/** What the rules say of one file, heddleOnly findings included. */
export function judge(subject: Subject, rules: readonly Rule[], failures: RuleFailure[]): Finding[] {
  const findings: Finding[] = [];
  let current: Rule | undefined;
  const report: Report = (at, message, details) => {
    findings.push(finding(current!, spot(subject.document, at), message, details));
  };
  for (const rule of rulesFor(rules, subject)) {
    current = rule;
    try {
      rule.check(subject as ConfigSubject, report);
    } catch (error) {
      failures.push({ rule: rule.id, file: subject.document.path, error });
    }
  }
  return findings;
}

const chosen = new WeakMap<readonly Rule[], Map<string, readonly (ConfigRule | DocumentRule)[]>>();

/** The rules that have to do with one sort of file, chosen once. */
function rulesFor(rules: readonly Rule[], subject: Subject): readonly (ConfigRule | DocumentRule)[] {
  let byKind = chosen.get(rules);
  if (byKind === undefined) {
    byKind = new Map();
    chosen.set(rules, byKind);
  }
  const kind = subject.root === undefined ? 'unreadable' : subject.kind;
  let found = byKind.get(kind);
  if (found === undefined) {
    found = rules.filter((rule) => applies(rule, subject)) as (ConfigRule | DocumentRule)[];
    byKind.set(kind, found);
  }
  return found;
}

function applies(rule: Rule, subject: Subject): boolean {
  if (rule.scope === 'document') return true;
  if (rule.scope === 'run' || subject.root === undefined || subject.kind === 'unknown') return false;
  return rule.kinds === 'all' || rule.kinds.includes(subject.kind);
}

function finding(rule: Rule, at: Spot, message: string, details: Details = {}): Finding {
  return { ...at, ...details, rule: rule.id, severity: rule.severity, message };
}

type Disabled = ReadonlyMap<number, ReadonlySet<string>>;

/** Sorted, each once (a shared node is looked at from every place that shares it), without what comments switch off. */
function tidy(findings: Finding[], disabled: Disabled): Finding[] {
  const shown = findings
    .filter((each) => each.heddleOnly !== true && disabled.get(each.line)?.has(each.rule) !== true)
    .sort(byPlace);
  if (shown.length < 2) return shown;
  const once = new Map(shown.map((each) => [identity(each), each]));
  return once.size === shown.length ? shown : [...once.values()];
}

/** How many findings there are of each severity. */
export type Counts = Readonly<Record<Severity, number>>;

export function count(files: readonly FileResult[]): Counts & { files: number; invalid: number } {
  const counts = { error: 0, warning: 0, note: 0, files: files.length, invalid: 0 };
  for (const { findings } of files) {
    for (const each of findings) counts[each.severity] += 1;
    if (findings.some((each) => each.severity === 'error')) counts.invalid += 1;
  }
  return counts;
}
