import type { Finding, Severity } from '../../../validate/finding.ts';
import { adviceText } from '../../remedies.ts';
import { counted } from '../../screen/count.ts';
import { disarmLine } from '../../screen/disarm.ts';
import { displayWidth, truncate } from '../../screen/width.ts';
import { afterMark, wrapped } from '../../screen/wrap.ts';
import type { Screen } from '../../session.ts';
import type { Results, ResultsWriter } from '../results.ts';

/** Columns of source shown when nothing limits the width. */
const WIDEST = 160;
/** Columns kept before the place when a line is cut. */
const LEAD = 40;
/** Before the further lines of a message that is wider than the terminal. */
const UNDER = '    ';

export const human: ResultsWriter = (session, results) => {
  const { out } = session;
  for (const { findings } of results.files) {
    for (const each of findings) session.io.stdout.write(`${block(each, out)}\n\n`);
  }
  session.print(summaryLine(results, out));
};

export function summaryLine({ counts, ok }: Results, { style }: Screen): string {
  const parts = [
    counted(counts.files, 'file'),
    `${counts.invalid} invalid`,
    counted(counts.error, 'error'),
    counted(counts.warning, 'warning'),
  ];
  if (counts.note > 0) parts.push(counted(counts.note, 'note'));
  return (ok ? style.good : style.bad)(parts.join(', '));
}

export function block(each: Finding, screen: Screen): string {
  const { style, width } = screen;
  const place = disarmLine(`${each.file}:${each.line}:${each.column}:`);
  const taken = displayWidth(`${place} ${each.severity}: `) - UNDER.length;
  const said = wrapped(`${disarmLine(each.message)} [${each.rule}]`, width, UNDER, taken)
    .join('\n')
    .slice(UNDER.length);
  const rule = `[${each.rule}]`;
  const lines = [
    `${style.strong(place)} ${paint(each.severity, screen)(`${each.severity}:`)} ${said.slice(0, -rule.length)}${style.faint(rule)}`,
  ];
  lines.push(...frame(each, screen));
  const advice = adviceText(each);
  if (advice !== undefined) {
    const [first, ...rest] = afterMark('hint:', advice, width, '  ');
    lines.push(`  ${style.accent('hint:')} ${first}`, ...rest);
  }
  return lines.join('\n');
}

function frame(each: Finding, screen: Screen): string[] {
  if (each.source.trim() === '') return [];
  const { style } = screen;
  const gutter = String(each.line);
  const width = Math.max(20, Math.min(screen.width, WIDEST) - gutter.length - 5);
  const start = each.column - 1 - each.sourceFrom;
  const whole = flat(each.source.slice(0, start));
  const more = screen.unicode ? '…' : '...';
  const cut = displayWidth(whole) > width - LEAD / 2 || each.sourceFrom > 0;
  const before = cut ? more + lastColumns(whole, Math.min(LEAD, width / 2) - more.length) : whole;
  const end = each.endLine === each.line ? each.endColumn - 1 - each.sourceFrom : each.source.length;
  const marked = flat(each.source.slice(start, Math.max(end, start + 1)).trimEnd() || ' ');
  const shown = truncate(before + flat(each.source.slice(start)), width, more).trimEnd();
  const room = Math.max(1, width - displayWidth(before));
  const carets = `^${'~'.repeat(Math.max(0, Math.min(displayWidth(marked), room) - 1))}`;
  const bar = style.faint('|');
  return [
    `  ${style.faint(gutter)} ${bar} ${shown}`,
    `  ${' '.repeat(gutter.length)} ${bar} ${' '.repeat(displayWidth(before))}${paint(each.severity, screen)(carets)}`,
  ];
}

/** The end of a text, whole characters only. */
function lastColumns(text: string, width: number): string {
  const characters = [...text];
  let from = characters.length;
  for (let used = 0; from > 0; from--) {
    used += displayWidth(characters[from - 1]!);
    if (used > width) break;
  }
  return characters.slice(from).join('');
}

/** One column for a tab, so that the mark stands under what it marks. */
function flat(text: string): string {
  return disarmLine(text.replaceAll('\t', ' '));
}

function paint(severity: Severity, { style }: Screen): (text: string) => string {
  return severity === 'error' ? style.bad : severity === 'warning' ? style.warn : style.accent;
}
