import { GROUPS } from '../../../preflight/check.ts';
import type { Result } from '../../../preflight/report.ts';
import { disarmLine } from '../../disarm.ts';
import type { Screen } from '../../session.ts';
import { displayWidth } from '../../width.ts';
import { findingLines, mark } from './problem-lines.ts';
import type { PreflightRenderer } from './renderer.ts';
import { verdictLine, versionsLine } from './verdict-line.ts';
import { wrapped } from './wrap.ts';

/** Groups, one line a check, what is wrong indented under it, and the verdict last. */
export const human: PreflightRenderer = (report, rendering) => {
  const { screen, verbose } = rendering;
  const lines: string[] = [];
  for (const group of GROUPS) {
    const results = report.results.filter((result) => result.group === group);
    if (results.length === 0) continue;
    if (lines.length > 0) lines.push('');
    lines.push(screen.style.strong(group));
    for (const result of results) lines.push(...checkLines(result, screen, verbose));
  }
  lines.push('', verdictLine(report, rendering), screen.style.faint(versionsLine(report)));
  return `${lines.join('\n')}\n`;
};

const INDENT = '      ';

function checkLines(result: Result, screen: Screen, verbose: boolean): string[] {
  const { style } = screen;
  const spent = verbose ? ` [${result.durationMs.toFixed(1)} ms]` : '';
  const head = `  ${mark(result, screen)} ${result.title}`;
  switch (result.status) {
    case 'passed':
      return aside(head, `${result.detail ?? ''}${spent}`, screen);
    case 'skipped':
      return [
        `  ${mark(result, screen)} ${style.faint(`${result.id} skipped: ${disarmLine(result.reason ?? '')}`)}`,
      ].flatMap((line) =>
        displayWidth(line) <= screen.width
          ? [line]
          : aside(`  ${mark(result, screen)} ${style.faint(`${result.id} skipped:`)}`, result.reason ?? '', screen),
      );
    default:
      return [
        `  ${mark(result, screen)} ${style.strong(result.id)}${style.faint(`: not true that ${result.title}`)}${style.faint(spent)}`,
        ...result.findings.flatMap((finding) => findingLines(finding, screen, INDENT)),
      ];
  }
}

/** Beside the head where there is room, under it where there is none. */
function aside(head: string, detail: string, { style, width }: Screen): string[] {
  if (detail === '') return [head];
  const beside = `${head}: ${disarmLine(detail)}`;
  if (displayWidth(beside) <= width) return [`${head}${style.faint(`: ${disarmLine(detail)}`)}`];
  return [head, ...wrapped(detail, width, INDENT).map((line) => style.faint(line))];
}
