import type { ConfigKind } from '../config/kind.ts';
import type { Advice, SomeAdvice } from '../remedy.ts';
import type { FileFacts, Reference } from './facts.ts';
import type { Subject } from './subject.ts';

/**
 * error: Heddle rejects the config, or accepts it and it then fails or never answers. warning: accepted, and probably not
 * what was meant. note: worth knowing.
 */
export const SEVERITIES = ['error', 'warning', 'note'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A stretch of the file; every node is one. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** What a finding adds to its message; the advice says what to write instead, or where to look. */
export interface Details extends Advice {
  /** Where Heddle's own validate reports the same: the key that its message is about. Absent: Heddle says nothing. */
  readonly key?: string | undefined;
  /** Heddle's validate ends in a traceback here. */
  readonly crash?: boolean | undefined;
  /** Only Heddle objects; the config works. */
  readonly heddleOnly?: boolean | undefined;
}

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
