import type { ProblemCode } from '../../config/problem.ts';
import { reportProblems } from '../problems.ts';
import type { DocumentRule } from '../rule.ts';

const CODES: readonly ProblemCode[] = ['encoding', 'control_character'];

export const fileEncoding: DocumentRule = {
  id: 'file-encoding',
  scope: 'document',
  severity: 'error',
  summary: 'The file is not UTF-8 text, or holds a character that YAML forbids.',
  why: 'Heddle reads configs as UTF-8: other encodings end it with a traceback, control characters are a YAML error.',
  hint: 'Save the file as UTF-8; write control characters as escapes in double quotes ("\\x07").',
  example: { 'worker.yaml': 'name: echo\x07\nworker_kind: processor\n' },
  check: (subject, report) => reportProblems(subject.document, CODES, report),
};
