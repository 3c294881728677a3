import { findingLines, mark } from './problem-lines.ts';
import type { PreflightRenderer } from './renderer.ts';
import { verdictLine, versionsLine } from './verdict-line.ts';

/** Problems, verdict, versions. */
export const short: PreflightRenderer = (report, rendering) => {
  const { screen } = rendering;
  const lines = report.results
    .filter(({ status }) => status === 'failed' || status === 'warning')
    .flatMap((result) => [
      `${mark(result, screen)} ${screen.style.strong(result.id)}`,
      ...result.findings.filter(({ ignored }) => !ignored).flatMap((finding) => findingLines(finding, screen, '    ')),
    ]);
  return `${[...lines, verdictLine(report, rendering), versionsLine(report)].join('\n')}\n`;
};
