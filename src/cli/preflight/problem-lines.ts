import type { Result, ResultFinding } from '../../preflight/report.ts';
import { adviceText } from '../remedies.ts';
import { symbolsFor } from '../screen/symbols.ts';
import { afterMark } from '../screen/wrap.ts';
import type { Screen } from '../session.ts';

/** What is wrong, after the mark and the name of its check, and under it what to do. */
export function problemLines(result: Result, screen: Screen, indent: string): string[] {
  return result.findings.flatMap((finding) => findingLines(result, finding, screen, indent));
}

function findingLines(result: Result, finding: ResultFinding, screen: Screen, indent: string): string[] {
  const { style, width } = screen;
  const { arrow } = symbolsFor(screen.unicode);
  const ignored = finding.ignored ? ' (ignored)' : '';
  const text = `${result.id}: ${finding.problem}${ignored}`;
  const [first, ...rest] = afterMark(symbolOf(result, screen), text, width, indent);
  const lines = [
    `${indent}${mark(result, screen)} ${style.strong(result.id)}${first.slice(result.id.length)}`,
    ...rest,
  ];
  const advice = adviceText(finding);
  if (advice === undefined || finding.ignored) return lines;
  const [go, ...on] = afterMark(arrow, advice, width, `${indent}  `);
  return [...lines, ...[`${indent}  ${arrow} ${go}`, ...on].map((line) => style.accent(line))];
}

export function mark(result: Result, screen: Screen): string {
  const { style } = screen;
  const symbol = symbolOf(result, screen);
  switch (result.status) {
    case 'passed':
      return style.good(symbol);
    case 'warning':
      return style.warn(symbol);
    case 'failed':
      return style.bad(symbol);
    default:
      return style.faint(symbol);
  }
}

/** Without its colour, for those who count columns. */
export function symbolOf({ status }: Result, screen: Screen): string {
  const symbols = symbolsFor(screen.unicode);
  switch (status) {
    case 'passed':
      return symbols.ok;
    case 'warning':
      return symbols.warn;
    case 'failed':
      return symbols.fail;
    default:
      return symbols.skip;
  }
}
