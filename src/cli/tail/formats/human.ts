import { deadLetterClass } from '../../../contract/dead-letter.ts';
import type { MessageRecord, TailRecord } from '../../../tail/record.ts';
import type { Guard } from '../../../time/guard.ts';
import { formatDuration } from '../../flags/duration.ts';
import { formatSize } from '../../flags/size.ts';
import { disarmLine } from '../../screen/disarm.ts';
import { huesFor, PLAIN, type Style } from '../../screen/style.ts';
import { symbolsFor } from '../../screen/symbols.ts';
import { displayWidth, padEnd, truncate } from '../../screen/width.ts';
import type { Session } from '../../session.ts';
import { bodyLines, bodyText } from '../show/body.ts';
import { gapText, ordinal, orphanText } from '../show/own-text.ts';
import type { MakeRenderer, ShowFlags, TailRenderer } from '../show/renderer.ts';
import { timeOfDay } from '../show/time-of-day.ts';

/** Ids are cut to this where a line is narrow; `--task` and its like take the cut form. */
const SHORT_ID = 8;
const ROOM_FOR_WHOLE_IDS = 110;
const LONGEST_WORKER = 24;
/** Of a line that nothing limits. */
const LONGEST_DETAIL = 300;
const BODY_INDENT = '    ';
const LABELS = {
  task: 'task',
  result: 'result',
  goal: 'goal',
  dead_letter: 'dead',
  control: 'control',
  unknown: 'unknown',
} as const;

export function human(session: Session): MakeRenderer {
  return (show, guard) => renderer(session, show, guard);
}

async function renderer(session: Session, show: ShowFlags, guard: (() => Guard) | undefined): Promise<TailRenderer> {
  const { style, width, unicode } = session.out;
  const symbols = symbolsFor(unicode);
  const template =
    show.template === undefined ? undefined : (await import('../show/template.ts')).readTemplate(show.template);
  const workers = workerCells(await huesFor(session.out.color));
  const wholeIds = width >= ROOM_FOR_WHOLE_IDS;
  const id = (text: string | undefined): string => {
    if (text === undefined) return '';
    return disarmLine(wholeIds ? text.slice(0, 128) : text.slice(0, SHORT_ID));
  };

  const messageLine = (record: MessageRecord, look: Style): string => {
    const { decoded, facts, pair } = record;
    const cells = new Line(width);
    cells.add(timeOfDay(record.receivedAt), look.faint);
    cells.add(LABELS[decoded.kind].padEnd(7), decoded.kind === 'dead_letter' ? look.bad : undefined);
    cells.addStyled(workers(facts.worker, look !== style));
    const [state, paint] = stateOf(record, look);
    cells.add(state.padEnd(10), paint);
    cells.add(durationOf(record).padStart(7), look.faint);
    if (show.wide) {
      cells.add(padEnd(disarmLine(facts.tier ?? '').slice(0, 8), 8));
      cells.add(formatSize(record.bytes.length).padStart(7), look.faint);
    }
    cells.add(padEnd(id(decoded.kind === 'goal' ? facts.goal : facts.task), wholeIds ? 36 : SHORT_ID));
    for (const mark of marksOf(record, look)) cells.add(mark.text, mark.paint);
    if (show.wide) {
      if (facts.goal !== undefined && decoded.kind !== 'goal') cells.add(`goal ${id(facts.goal)}`, look.faint);
      cells.add(disarmLine(record.subject), look.faint);
    }
    const detail = detailOf(record, show.wide);
    if (detail !== '')
      cells.add(disarmLine(detail.slice(0, 4 * LONGEST_DETAIL)), facts.error === undefined ? undefined : paint, true);
    if (pair?.stages !== undefined) {
      const { seen, completed, failed } = pair.stages;
      cells.add(`${completed} of ${seen} stages${failed > 0 ? `, ${failed} failed` : ''}`, look.faint);
    }
    return cells.text(symbols.ellipsis);
  };

  const highlight =
    show.highlight === undefined || guard === undefined ? undefined : highlighter(show.highlight, guard());
  const paintLine = (record: MessageRecord): string => {
    if (highlight === undefined) return messageLine(record, style);
    // Colours and marks would cut each other in pieces; a line that matches shows its marks alone.
    return highlight(messageLine(record, PLAIN), style) ?? messageLine(record, style);
  };

  const linesOf = (record: TailRecord): string => {
    switch (record.record) {
      case 'message': {
        const line = template === undefined ? paintLine(record) : template(record);
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
  return { write: (record, to) => to.text(linesOf(record)), looksInside: true };
}

function ownLine(at: number, label: string, text: string, style: Style): string {
  return `${style.faint(timeOfDay(at))}  ${style.warn(label.padEnd(7))}  ${text}`;
}

type Paint = ((text: string) => string) | undefined;

/** Cells of one line, cut at the width of the terminal. Text is styled after it was cut. */
class Line {
  readonly #width: number;
  #text = '';
  #used = 0;
  #cut: { text: string; paint: Paint } | undefined;

  constructor(width: number) {
    this.#width = width;
  }

  add(text: string, paint?: Paint, last = false): void {
    if (last && this.#cut === undefined) {
      this.#cut = { text, paint };
      return;
    }
    if (this.#used > 0) {
      this.#text += '  ';
      this.#used += 2;
    }
    this.#text += paint === undefined || text.trim() === '' ? text : paint(text);
    this.#used += displayWidth(text);
  }

  addStyled({ text, width }: { text: string; width: number }): void {
    this.#text += `${this.#used > 0 ? '  ' : ''}${text}`;
    this.#used += width + (this.#used > 0 ? 2 : 0);
  }

  text(ellipsis: string): string {
    if (this.#cut === undefined) return this.#text.trimEnd();
    const { text, paint } = this.#cut;
    const room = Math.min(LONGEST_DETAIL, this.#width - this.#used - 2);
    // In a terminal so narrow that nothing is left, the line wraps, which loses nothing.
    const shown = truncate(text, room < 10 ? 40 : room, ellipsis);
    return `${this.#text}  ${paint === undefined ? shown : paint(shown)}`;
  }
}

type Cell = { readonly text: string; readonly width: number };

/** A worker keeps its colour, in this run and the next. Cells are kept: a bus has few workers and many messages. */
function workerCells(
  hues: readonly ((text: string) => string)[],
): (worker: string | undefined, plain: boolean) => Cell {
  const cells = new Map<string, Cell & { readonly plain: Cell }>();
  let column = 12;
  return (worker = '', plain) => {
    let cell = cells.get(worker);
    if (cell === undefined) {
      const shown = truncate(disarmLine(worker.slice(0, 200)), LONGEST_WORKER);
      const width = displayWidth(shown);
      if (width > column) {
        column = width;
        cells.clear();
      }
      const blanks = ' '.repeat(column - width);
      const hue = hues[hash(worker) % hues.length];
      const text = shown === '' || hue === undefined ? shown : hue(shown);
      cell = { text: text + blanks, width: column, plain: { text: shown + blanks, width: column } };
      if (cells.size >= MOST_CELLS) cells.clear();
      cells.set(worker, cell);
    }
    return plain ? cell.plain : cell;
  };
}

const MOST_CELLS = 1000;

function hash(text: string): number {
  let value = 5381;
  for (let at = 0; at < Math.min(text.length, 128); at += 1) value = ((value * 33) ^ text.charCodeAt(at)) >>> 0;
  return value;
}

function stateOf({ decoded, facts }: MessageRecord, look: Style): [string, Paint] {
  switch (decoded.kind) {
    case 'result': {
      const { status } = decoded.view;
      const paint = status === 'completed' ? look.good : status === 'failed' ? look.bad : look.warn;
      return [status, paint];
    }
    case 'dead_letter':
      return [DEAD_STATES[deadLetterClass(decoded.view.reason)], look.bad];
    case 'task':
      return [facts.tier === undefined ? '' : `to ${disarmLine(facts.tier).slice(0, 20)}`, look.faint];
    case 'unknown':
      return [decoded.reason === 'not_this_message' ? 'malformed' : decoded.reason.replace('_', ' '), look.warn];
    case 'control':
      return [disarmLine(facts.action ?? '').slice(0, 20), look.accent];
    case 'goal':
      return [facts.priority === undefined || facts.priority === 'normal' ? '' : facts.priority, look.faint];
  }
}

const DEAD_STATES = {
  invalid_task_message: 'invalid',
  unknown_tier: 'bad tier',
  rate_limited: 'rate limit',
  other: 'refused',
} as const;

/** From task to answer where both were seen, else what the worker says. */
function durationOf({ facts, pair }: MessageRecord): string {
  const ms = pair?.latencyMs ?? facts.durationMs;
  return ms === undefined ? '' : formatDuration(ms);
}

function marksOf({ pair, lint, undecided }: MessageRecord, look: Style): { text: string; paint: Paint }[] {
  const marks: { text: string; paint: Paint }[] = [];
  if (pair !== undefined && pair.nth > 1) marks.push({ text: ordinal(pair.nth), paint: look.warn });
  if (pair?.late === true) marks.push({ text: 'late', paint: look.warn });
  if (lint !== undefined && !lint.valid) {
    const by = lint.shallow.length === 0 ? 'schema' : lint.full.length === 0 ? 'heddle' : 'heddle+schema';
    marks.push({ text: `invalid (${by})`, paint: look.bad });
  }
  if (undecided) marks.push({ text: 'undecided', paint: look.warn });
  return marks;
}

function detailOf(record: MessageRecord, wide: boolean): string {
  const { decoded, facts, lint } = record;
  const parts: string[] = [];
  const problem = lint?.shallow[0] ?? lint?.full[0];
  if (problem !== undefined && decoded.kind !== 'unknown') parts.push(problem);
  if (facts.error !== undefined) parts.push(facts.error);
  else if (facts.instruction !== undefined) parts.push(facts.instruction);
  if (facts.stage !== undefined) parts.push(`stage ${facts.stage}`);
  if (decoded.kind === 'result' && facts.tokens !== undefined && facts.tokens.total > 0) {
    const { prompt, completion, total } = facts.tokens;
    parts.push(prompt === undefined || completion === undefined ? `${total} tokens` : `${prompt}+${completion} tokens`);
  }
  if (!wide) return parts.join('  ');
  if (facts.model !== undefined) parts.push(facts.model);
  const text = bodyText(record);
  if (text !== undefined && text !== 'null' && facts.instruction === undefined)
    parts.push(text.slice(0, LONGEST_DETAIL));
  return parts.join('  ');
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
