import { deadLetterClass } from '../../../contract/dead-letter.ts';
import { isEvent, readSubject } from '../../../contract/subject-meaning.ts';
import { TASKS_INCOMING } from '../../../contract/subjects.ts';
import type { MessageRecord } from '../../../tail/record.ts';
import { formatDuration } from '../../flags/duration.ts';
import { disarmLine } from '../../screen/disarm.ts';
import type { Style } from '../../screen/style.ts';
import { bodyText } from './body.ts';
import { LONGEST_DETAIL, type Paint } from './line.ts';
import { ordinal } from './own-text.ts';

// What the columns of a message say, each in its words.

/** How it stands with it, and how that looks. */
export function stateOf({ decoded, facts, subject }: MessageRecord, look: Style): [string, Paint] {
  switch (decoded.kind) {
    case 'result': {
      const { status } = decoded.view;
      const paint = status === 'completed' ? look.good : status === 'failed' ? look.bad : look.warn;
      return [status, paint];
    }
    case 'dead_letter':
      return [DEAD_STATES[deadLetterClass(decoded.view.reason)], look.bad];
    case 'task':
      // On its way to the router it asks for a tier; what the router made of that shows behind it.
      return [
        facts.tier === undefined
          ? ''
          : `${subject === TASKS_INCOMING ? 'for' : 'to'} ${disarmLine(facts.tier).slice(0, 20)}`,
        look.faint,
      ];
    case 'unknown':
      if (isEvent(readSubject(subject))) return ['', look.accent];
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
export function durationOf({ facts, pair }: MessageRecord): string {
  const ms = pair?.latencyMs ?? facts.durationMs;
  return ms === undefined ? '' : formatDuration(ms);
}

/** What is odd about it. */
export function marksOf({ pair, lint, undecided }: MessageRecord, look: Style): { text: string; paint: Paint }[] {
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

/** The rest of the line. */
export function detailOf(record: MessageRecord, wide: boolean): string {
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
