import { problemLines } from './problem-lines.ts';
import type { PreflightRenderer } from './renderer.ts';
import { verdictLine, versionsLine } from './verdict-line.ts';

/** Problems, verdict, versions. */
export const short: PreflightRenderer = (report, rendering) => {
  const { screen } = rendering;
  const lines = report.results
    .filter(({ status }) => status === 'failed' || status === 'warning')
    .flatMap((result) =>
      problemLines({ ...result, findings: result.findings.filter(({ ignored }) => !ignored) }, screen, ''),
    );
  return `${[...lines, verdictLine(report, rendering), versionsLine(report)].join('\n')}\n`;
};
