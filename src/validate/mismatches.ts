import type { ConfigSubject, Report } from './rule.ts';
import type { Mismatch } from './shapes/check.ts';

/** A rule that reports one sort of difference between a config and its shape. */
export function reportMismatches(what: Mismatch['what']): (subject: ConfigSubject, report: Report) => void {
  return (subject, report) => {
    for (const { what: found, at, message, hint, key, crash, heddleOnly } of subject.mismatches) {
      if (found === what) report(at, message, { hint, key, crash, heddleOnly });
    }
  };
}
