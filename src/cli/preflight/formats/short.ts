import type { Report } from '../../../preflight/report.ts';
import { disarmLine } from '../../screen/disarm.ts';
import type { Screen, Session } from '../../session.ts';
import { mark, problemLines } from '../problem-lines.ts';
import { verdictLine, versionsLine } from '../verdict-line.ts';
import type { ReportWriter } from '../writer.ts';

/** Problems, what was sent, verdict, versions. */
export function short({ out: screen }: Session): ReportWriter {
  return (report, { ok }) => page(report, ok, screen);
}

function page(report: Report, ok: boolean, screen: Screen): string {
  const sent = report.results.filter(({ group, status }) => group === 'smoke' && status === 'passed');
  const problems = report.results
    .filter(({ status }) => status === 'failed' || status === 'warning')
    .flatMap((result) =>
      problemLines({ ...result, findings: result.findings.filter(({ ignored }) => !ignored) }, screen, ''),
    );
  const lines = sent.map(
    (result) => `${mark(result, screen)} ${screen.style.strong(result.id)}: ${disarmLine(result.detail ?? '')}`,
  );
  return `${[...problems, ...lines, verdictLine(report, ok, screen), versionsLine(report)].join('\n')}\n`;
}
