import type { ProblemCode } from '../../config/problem.ts';
import { reportProblems } from '../problems.ts';
import type { DocumentRule } from '../rule.ts';

const CODES: readonly ProblemCode[] = ['syntax', 'multiple_documents'];

export const yamlSyntax: DocumentRule = {
  id: 'yaml-syntax',
  scope: 'document',
  severity: 'error',
  summary: 'The file is not YAML as Heddle reads it.',
  why: 'Heddle reads configs with PyYAML, which follows YAML 1.1 and is stricter than most editors: a tab between words, a second document, an anchor declared twice are errors.',
  hint: 'Mend the place shown; only the first mistake is reported, what follows it is guesswork.',
  example: { 'worker.yaml': 'name: summarizer\nsystem_prompt:\tAnswer in one sentence.\n' },
  check: (subject, report) => reportProblems(subject.document, CODES, report),
};
