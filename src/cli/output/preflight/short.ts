import { disarmLine } from '../../screen/disarm.ts';
import { mark, problemLines } from './problem-lines.ts';
import type { PreflightRenderer } from './renderer.ts';
import { verdictLine, versionsLine } from './verdict-line.ts';

/** Problems, what was sent, verdict, versions. */
export const short: PreflightRenderer = (report, rendering) => {
  const { screen } = rendering;
  const sent = report.results.filter(({ group, status }) => group === 'smoke' && status === 'passed');
  const problems = report.results
    .filter(({ status }) => status === 'failed' || status === 'warning')
    .flatMap((result) =>
      problemLines({ ...result, findings: result.findings.filter(({ ignored }) => !ignored) }, screen, ''),
    );
  const lines = sent.map(
    (result) => `${mark(result, screen)} ${screen.style.strong(result.id)}: ${disarmLine(result.detail ?? '')}`,
  );
  return `${[...problems, ...lines, verdictLine(report, rendering), versionsLine(report)].join('\n')}\n`;
};
