import type { MessageRecord, TailRecord } from '../../../tail/record.ts';
import type { Guard } from '../../../time/guard.ts';
import { PLAIN, type Style } from '../../screen/style.ts';
import type { Session } from '../../session.ts';
import { bodyLines } from '../show/body.ts';
import { messageLine } from '../show/message-line.ts';
import { gapText, orphanText } from '../show/own-text.ts';
import type { MakeRenderer, ShowFlags, TailRenderer } from '../show/renderer.ts';
import { timeOfDay } from '../show/time-of-day.ts';

const BODY_INDENT = '    ';

export function human(session: Session): MakeRenderer {
  return (show, guard) => renderer(session, show, guard);
}

async function renderer(session: Session, show: ShowFlags, guard: (() => Guard) | undefined): Promise<TailRenderer> {
  const { style } = session.out;
  const lineOf = await messageTextOf(session, show, guard);
  const textOf = (record: TailRecord): string => {
    switch (record.record) {
      case 'message': {
        const line = lineOf(record);
        if (!show.body) return `${line}\n`;
        return `${[line, ...bodyLines(record, BODY_INDENT).map((each) => style.faint(each))].join('\n')}\n`;
      }
      case 'gap':
        return `${ownLine(record.to, 'gap', style.warn(gapText(record)), style)}\n`;
      case 'orphan':
        return `${ownLine(record.sentAt + record.waitedMs, 'orphan', style.warn(orphanText(record)), style)}\n`;
      case 'summary':
        return '';
    }
  };
  return { write: (record, to) => to.text(textOf(record)), looksInside: true };
}

async function messageTextOf(
  session: Session,
  show: ShowFlags,
  guard: (() => Guard) | undefined,
): Promise<(record: MessageRecord) => string> {
  if (show.template !== undefined) return (await import('../show/template.ts')).readTemplate(show.template);
  const { style } = session.out;
  const columns = await messageLine(session.out, show.wide);
  if (show.highlight === undefined || guard === undefined) return (record) => columns(record, style);
  const highlight = highlighter(show.highlight, guard());
  // Colours and marks would cut each other in pieces; a line that matches shows its marks alone.
  return (record) => highlight(columns(record, PLAIN), style) ?? columns(record, style);
}

function ownLine(at: number, label: string, text: string, style: Style): string {
  return `${style.faint(timeOfDay(at))}  ${style.warn(label.padEnd(7))}  ${text}`;
}

/** Marks each match; undefined when there is none, or none was found in time. */
function highlighter(pattern: RegExp, guard: Guard): (line: string, style: Style) => string | undefined {
  const every = new RegExp(pattern.source, `${pattern.flags}g`);
  return (line, style) => {
    let marked: string | undefined;
    guard(() => {
      if (!pattern.test(line)) return;
      marked = line.replaceAll(every, (found) => (found === '' ? '' : style.mark(found)));
    });
    return marked;
  };
}
