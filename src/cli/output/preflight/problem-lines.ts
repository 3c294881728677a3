import type { Result, ResultFinding } from '../../../preflight/report.ts';
import type { Screen } from '../../session.ts';
import { symbolsFor } from '../../symbols.ts';
import { wrapped } from './wrap.ts';

/** What is wrong and what to do about it, under the line of its check. */
export function findingLines(finding: ResultFinding, screen: Screen, indent: string): string[] {
  const { style, width } = screen;
  const { arrow } = symbolsFor(screen.unicode);
  const shown = `${finding.problem}${finding.ignored ? ' (ignored)' : ''}`;
  const lines = wrapped(shown, width, indent);
  if (finding.hint === undefined || finding.ignored) return lines;
  const hint = wrapped(finding.hint, width, `${indent}${' '.repeat(arrow.length + 1)}`);
  const [first = '', ...rest] = hint;
  return [...lines, ...[`${indent}${arrow} ${first.trimStart()}`, ...rest].map((line) => style.accent(line))];
}

export function mark(result: Result, screen: Screen): string {
  const symbols = symbolsFor(screen.unicode);
  const { style } = screen;
  switch (result.status) {
    case 'passed':
      return style.good(symbols.ok);
    case 'warning':
      return style.warn(symbols.warn);
    case 'failed':
      return style.bad(symbols.fail);
    case 'skipped':
    case 'ignored':
      return style.faint(symbols.skip);
  }
}
