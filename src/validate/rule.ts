import type { ConfigKind } from '../config/kind.ts';
import type { SomeAdvice } from '../remedy.ts';
import type { FileFacts, Reference } from './facts.ts';
import type { Details, Place, Severity } from './finding.ts';
import type { Subject } from './subject.ts';

export type Report = (at: Place, message: string, details?: Details) => void;
/** `at` is a reference out of the facts: it knows its file. */
export type RunReport = (at: Reference, message: string, details?: Details) => void;

/** What every rule says of itself; its advice is what to do about it in general. */
type Described = SomeAdvice & {
  /** kebab-case, stable: people write it where they ignore a rule. */
  readonly id: string;
  readonly severity: Severity;
  /** One sentence that is true when the rule is broken. */
  readonly summary: string;
  /** What happens to somebody who leaves it so. */
  readonly why: string;
  /** Files that break the rule, run by the tests and shown in docs/rules.md. */
  readonly example: Readonly<Record<string, string>>;
  /** What the example is taken for, where only a file that is taken for another kind can break the rule. */
  readonly exampleAs?: ConfigKind | undefined;
};

/** Looks at every file, also at one that is no config. */
export type DocumentRule = Described & {
  readonly scope: 'document';
  check(subject: Subject, report: Report): void;
};

/** Looks at every readable config of its kinds. */
export type ConfigRule = Described & {
  readonly scope: 'config';
  readonly kinds: readonly ConfigKind[] | 'all';
  check(subject: ConfigSubject, report: Report): void;
};

/** Looks at what all files of a run say of each other. */
export type RunRule = Described & {
  readonly scope: 'run';
  check(files: readonly FileFacts[], report: RunReport): void;
};

export type Rule = DocumentRule | ConfigRule | RunRule;
export type ConfigSubject = Subject & { readonly root: NonNullable<Subject['root']>; readonly kind: ConfigKind };
