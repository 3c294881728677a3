import type { ProblemCode } from '../../config/problem.ts';
import { reportProblems } from '../problems.ts';
import type { DocumentRule } from '../rule.ts';

const CODES: readonly ProblemCode[] = ['missing', 'directory', 'not_a_file', 'unreadable'];

export const fileReadable: DocumentRule = {
  id: 'file-readable',
  scope: 'document',
  severity: 'error',
  summary: 'The file cannot be read.',
  why: 'A name that leads to nothing, to a directory, a pipe or a file without read permission is no config; an actor started with it ends at once.',
  hint: 'Correct the path, or the permissions of the file.',
  example: {},
  check: (subject, report) => reportProblems(subject.document, CODES, report),
};
