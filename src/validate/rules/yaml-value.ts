import type { ProblemCode } from '../../config/problem.ts';
import { reportProblems } from '../problems.ts';
import type { DocumentRule } from '../rule.ts';

const CODES: readonly ProblemCode[] = ['value'];

export const yamlValue: DocumentRule = {
  id: 'yaml-value',
  scope: 'document',
  severity: 'error',
  summary: "A value is YAML, and Python's safe loader cannot build it.",
  why: 'Unknown tags, dates that do not exist, lists as keys and merge keys without a mapping stop Heddle from loading the file; a date such as 2026-13-01 even ends it with a traceback.',
  hint: 'Put the value in quotes when it is meant as text; remove tags.',
  example: { 'worker.yaml': 'name: summarizer\nsystem_prompt: Answer in one sentence.\nreviewed: 2026-13-01\n' },
  check: (subject, report) => reportProblems(subject.document, CODES, report),
};
