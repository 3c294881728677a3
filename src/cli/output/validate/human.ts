import type { Finding } from '../../../validate/finding.ts';
import type { Severity } from '../../../validate/rule.ts';
import { disarm, disarmLine } from '../../screen/disarm.ts';
import { displayWidth } from '../../screen/width.ts';
import type { Screen } from '../../session.ts';
import { plural } from '../../validate/words.ts';
import type { Format, Results } from './list.ts';

/** Columns of source shown when nothing limits the width. */
const WIDEST = 160;
/** Columns kept before the place when a line is cut. */
const LEAD = 40;

export const human: Format = (session, results) => {
  const { out } = session;
  for (const { findings } of results.files) {
    for (const each of findings) session.io.stdout.write(`${block(each, out)}\n\n`);
  }
  session.print(summaryLine(results, out));
};

export function summaryLine({ counts, ok }: Results, { style }: Screen): string {
  const parts = [
    plural(counts.files, 'file'),
    `${counts.invalid} invalid`,
    plural(counts.error, 'error'),
    plural(counts.warning, 'warning'),
  ];
  if (counts.note > 0) parts.push(plural(counts.note, 'note'));
  return (ok ? style.good : style.bad)(parts.join(', '));
}

export function block(each: Finding, screen: Screen): string {
  const { style } = screen;
  const place = style.strong(disarmLine(`${each.file}:${each.line}:${each.column}:`));
  const lines = [
    `${place} ${paint(each.severity, screen)(`${each.severity}:`)} ${disarmLine(each.message)} ${style.faint(`[${each.rule}]`)}`,
  ];
  lines.push(...frame(each, screen));
  if (each.hint !== undefined) lines.push(`  ${style.accent('hint:')} ${disarm(each.hint)}`);
  return lines.join('\n');
}

function frame(each: Finding, screen: Screen): string[] {
  if (each.source.trim() === '') return [];
  const { style } = screen;
  const gutter = String(each.line);
  const width = Math.max(20, Math.min(screen.width, WIDEST) - gutter.length - 5);
  const start = each.column - 1;
  const from = start > width - LEAD / 2 ? start - LEAD : 0;
  const before = flat(each.source.slice(from, start));
  const end = each.endLine === each.line ? each.endColumn - 1 : each.source.length;
  const marked = flat(each.source.slice(start, Math.max(end, start + 1)).trimEnd() || ' ');
  const shown = flat(each.source.slice(from)).slice(0, width).trimEnd();
  const room = Math.max(1, width - displayWidth(before));
  const carets = `^${'~'.repeat(Math.max(0, Math.min(displayWidth(marked), room) - 1))}`;
  const bar = style.faint('|');
  return [
    `  ${style.faint(gutter)} ${bar} ${shown}`,
    `  ${' '.repeat(gutter.length)} ${bar} ${' '.repeat(displayWidth(before))}${paint(each.severity, screen)(carets)}`,
  ];
}

/** One column for a tab, so that the mark stands under what it marks. */
function flat(text: string): string {
  return disarmLine(text.replaceAll('\t', ' '));
}

function paint(severity: Severity, { style }: Screen): (text: string) => string {
  return severity === 'error' ? style.bad : severity === 'warning' ? style.warn : style.accent;
}
