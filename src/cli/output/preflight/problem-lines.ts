import type { Result, ResultFinding } from '../../../preflight/report.ts';
import type { Screen } from '../../session.ts';
import { symbolsFor } from '../../symbols.ts';
import { wrapped } from '../wrap.ts';

/** What is wrong, after the mark and the name of its check, and under it what to do. */
export function problemLines(result: Result, screen: Screen, indent: string): string[] {
  return result.findings.flatMap((finding) => findingLines(result, finding, screen, indent));
}

function findingLines(result: Result, finding: ResultFinding, screen: Screen, indent: string): string[] {
  const { style, width } = screen;
  const symbols = symbolsFor(screen.unicode);
  const under = `${indent}${' '.repeat(MARK_WIDTH)}`;
  const ignored = finding.ignored ? ' (ignored)' : '';
  const [first = '', ...rest] = wrapped(`${result.id}: ${finding.problem}${ignored}`, width, under);
  const head = `${indent}${mark(result, screen)} ${style.strong(result.id)}${first.slice(under.length + result.id.length)}`;
  if (finding.hint === undefined || finding.ignored) return [head, ...rest];
  const [go = '', ...on] = wrapped(finding.hint, width, `${under}${' '.repeat(symbols.arrow.length + 1)}`);
  const hint = [`${under}${symbols.arrow} ${go.trimStart()}`, ...on];
  return [head, ...rest, ...hint.map((line) => style.accent(line))];
}

/** Of the Unicode marks with the blank after them. */
const MARK_WIDTH = 2;

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
