import type { Session } from '../session.ts';
import { summaryLine } from './formats/human.ts';
import type { Results } from './results.ts';

/** Only counts: how often each rule spoke, and the totals. */
export function summary(session: Session, results: Results): void {
  const byRule = new Map<string, number>();
  for (const { findings } of results.files) {
    for (const { rule } of findings) byRule.set(rule, (byRule.get(rule) ?? 0) + 1);
  }
  const rules = [...byRule].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  if (session.machine) {
    const { files, invalid, error, warning, note } = results.counts;
    session.json({
      schema_version: 1,
      ok: results.ok,
      summary: { files, invalid, errors: error, warnings: warning, notes: note },
      rules: Object.fromEntries(rules),
    });
    return;
  }
  for (const [rule, times] of rules) session.print(`${String(times).padStart(6)}  ${rule}`);
  session.print(summaryLine(results, session.out));
}
