import type { ProblemCode } from '../../config/problem.ts';
import { reportProblems } from '../problems.ts';
import type { DocumentRule } from '../rule.ts';

const CODES: readonly ProblemCode[] = ['too_large', 'too_complex', 'too_deep', 'alias_bomb'];

export const fileTooLarge: DocumentRule = {
  id: 'file-too-large',
  scope: 'document',
  severity: 'error',
  summary: 'The file is larger, deeper or unfolds to more than any config.',
  why: 'Files over 10 MiB, over 500,000 YAML tokens, nested deeper than 486 levels (where Python gives up with a traceback) or unfolding through aliases to more than a million values are refused, so that one file cannot take the memory of the machine.',
  hint: 'Check that the path names a config. If it does, move bulk data out of it.',
  example: {
    'worker.yaml':
      'a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]\n',
  },
  check: (subject, report) => reportProblems(subject.document, CODES, report),
};
