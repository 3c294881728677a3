import type { ConfigDocument } from '../config/document.ts';
import type { ProblemCode } from '../config/problem.ts';
import type { Report } from './rule.ts';

/** Reports what kept a file from being read, as far as it is one of these. */
export function reportProblems(document: ConfigDocument, codes: readonly ProblemCode[], report: Report): void {
  for (const problem of document.problems) {
    if (!codes.includes(problem.code)) continue;
    const place = { start: problem.offset, end: Math.min(problem.offset + 1, document.text.length) };
    report(place, problem.message, { hint: problem.hint });
  }
}
