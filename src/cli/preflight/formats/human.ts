import { GROUPS } from '../../../preflight/check.ts';
import type { Report, Result } from '../../../preflight/report.ts';
import { disarmLine } from '../../screen/disarm.ts';
import { displayWidth } from '../../screen/width.ts';
import { afterMark, wrapped } from '../../screen/wrap.ts';
import type { Screen, Session } from '../../session.ts';
import { mark, problemLines, symbolOf } from '../problem-lines.ts';
import { verdictLine, versionsLine } from '../verdict-line.ts';
import type { ReportWriter } from '../writer.ts';

/** Groups, one line a check, what is wrong indented under it, and the verdict last. */
export function human({ out: screen, verbose }: Session): ReportWriter {
  return (report, { ok }) => page(report, ok, screen, verbose);
}

function page(report: Report, ok: boolean, screen: Screen, verbose: boolean): string {
  const lines: string[] = [];
  for (const group of GROUPS) {
    const results = report.results.filter((result) => result.group === group);
    if (results.length === 0) continue;
    if (lines.length > 0) lines.push('');
    lines.push(screen.style.strong(group));
    for (const run of runsOf(results)) lines.push(...runLines(run, screen, verbose));
  }
  lines.push('', verdictLine(report, ok, screen));
  for (const line of wrapped(versionsLine(report), screen.width, '')) lines.push(screen.style.faint(line));
  return `${lines.join('\n')}\n`;
}

const INDENT = '    ';

/** Checks that were skipped for one reason are one line: there is one thing to do about them. */
function runsOf(results: readonly Result[]): Result[][] {
  const runs: Result[][] = [];
  for (const result of results) {
    const last = runs.at(-1)?.[0];
    if (result.status === 'skipped' && last?.status === 'skipped' && last.reason === result.reason)
      runs.at(-1)?.push(result);
    else runs.push([result]);
  }
  return runs;
}

function runLines(run: readonly Result[], screen: Screen, verbose: boolean): string[] {
  const [result] = run;
  if (result === undefined) return [];
  const spent = verbose ? `[${result.durationMs.toFixed(1)} ms]` : '';
  switch (result.status) {
    case 'passed':
      return aside(result, [result.detail, spent].filter(Boolean).join(' '), screen);
    case 'skipped': {
      const names = run.map(({ id }) => id.slice(id.indexOf('.') + 1)).join(', ');
      const text = `${names} skipped: ${disarmLine(result.reason ?? '')}`;
      const [first, ...rest] = afterMark(symbolOf(result, screen), text, screen.width, '  ');
      return [
        `  ${mark(result, screen)} ${screen.style.faint(first)}`,
        ...rest.map((line) => screen.style.faint(line)),
      ];
    }
    default:
      return problemLines(result, screen, '  ');
  }
}

/** Beside the title where there is room, under it where there is none. */
function aside(result: Result, detail: string, screen: Screen): string[] {
  const { style, width } = screen;
  const symbol = symbolOf(result, screen);
  const lead = `  ${mark(result, screen)} `;
  const room = width - displayWidth(symbol) - displayWidth(result.title) - 5;
  if (detail !== '' && displayWidth(detail) <= room) {
    return [`${lead}${result.title}${style.faint(`${result.detail ? ':' : ''} ${disarmLine(detail)}`)}`];
  }
  const [first, ...rest] = afterMark(symbol, result.title, width, '  ');
  const under = detail === '' ? [] : wrapped(detail, width, INDENT).map((line) => style.faint(line));
  return [`${lead}${first}`, ...rest, ...under];
}
