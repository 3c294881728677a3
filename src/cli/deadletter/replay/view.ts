import { endDocument, insteadOf, planDocument, type ReplayEnd } from '../../../deadletter/replay/document.ts';
import type { Plan } from '../../../deadletter/replay/plan.ts';
import { type ItemNews, OUTCOMES, totalOf } from '../../../deadletter/replay/tally.ts';
import type { Formats } from '../../output-format.ts';
import { adviceText } from '../../remedies.ts';
import { counted, formatCount } from '../../screen/count.ts';
import { disarmLine } from '../../screen/disarm.ts';
import { wrapped } from '../../screen/wrap.ts';
import type { Screen } from '../../session.ts';
import { coverageLines } from '../coverage.ts';
import { diffLines } from './diff.ts';

export interface ReplayWriter {
  plan(plan: Plan, operation: string): void;
  item(news: ItemNews): void;
  end(end: ReplayEnd): void;
}

export const FORMATS = {
  human: (session): ReplayWriter => ({
    plan: (plan) => session.print(planText(plan, session.out)),
    item: ({ id, outcome, detail }) => {
      if (outcome === 'sent' || outcome === 'completed' || outcome === 'done') return;
      session.print(`${id}  ${WORDS[outcome]}${detail === undefined ? '' : `: ${disarmLine(detail.slice(0, 400))}`}`);
    },
    end: (end) => session.print(endText(end)),
  }),
  ndjson: (session): ReplayWriter => ({
    plan: (plan, operation) =>
      session.json({ schema_version: 1, record: 'plan', ...planDocument(plan, operation, adviceText) }),
    item: ({ id, outcome, detail }) =>
      session.json({ schema_version: 1, record: 'item', id, outcome, detail: detail ?? null }),
    end: (end) => session.json({ schema_version: 1, record: 'end', ...endDocument(end) }),
  }),
} satisfies Formats<ReplayWriter>;

const WORDS: Readonly<Record<ItemNews['outcome'], string>> = {
  sent: 'sent',
  done: 'sent before the resumption',
  completed: 'completed',
  failed_again: 'failed again',
  unanswered: 'not answered',
  unheard: 'nobody listened: still open',
  already: 'sent by somebody else meanwhile',
  taken: 'somebody else is sending it',
  uncertain: 'may have been sent: left alone',
  archived: 'archived meanwhile: left alone',
  unsendable: 'cannot be sent',
  gone: 'kept no more',
};

function planText(
  { rows, left, foreseen, unawaited, goals, change, exhausted, coverage }: Plan,
  screen: Screen,
): string {
  const { style } = screen;
  const lines = [style.strong(`${counted(rows.length, 'letter')} to send again`)];
  const note = (count: number, words: string): void => {
    if (count > 0) lines.push(`  ${formatCount(count)} ${words}`);
  };
  for (const [why, count] of foreseen) note(count, `of them would fail again: ${disarmLine(why.slice(0, 300))}`);
  note(unawaited, 'of them are stages of goals that have failed: nobody awaits their results');
  if (goals.length > 0) lines.push(`  the goals themselves could be sent again: ${goals.join(' ')}`);
  note(left.sent, 'left out: sent already (--again sends them)');
  note(left.busy, 'left out: somebody else is sending them');
  note(left.uncertain, 'left out: they may have been sent (--resend-uncertain sends them)');
  note(left.exhausted, `left out: sent again and failed too often (--max-replays): ${exhausted.join(' ')}`);
  note(left.beyond, 'left out: beyond --limit');
  for (const [why, count] of left.unsendable) note(count, `cannot be sent: ${disarmLine(why.slice(0, 300))}`);
  for (const text of insteadOf(left).map(adviceText)) lines.push(...wrapped(`→ ${text}`, screen.width, '    '));
  if (change !== undefined) {
    lines.push(`  changed, as ${change.id} shows:`);
    lines.push(...diffLines(change.before, change.after, style).map((line) => `    ${line}`));
  }
  lines.push(...coverageLines(coverage).map((line) => style.faint(line)));
  return lines.join('\n');
}

function endText({ operation, state, selected, tally }: ReplayEnd): string {
  const { counts, stored, unknown } = tally;
  const parts = OUTCOMES.filter((each) => counts[each] > 0).map(
    (each) => `${formatCount(counts[each])} ${WORDS[each]}`,
  );
  const remaining = selected - totalOf(tally);
  if (remaining > 0) parts.push(`${formatCount(remaining)} not begun`);
  const heard = [
    ...(stored > 0 ? [`${formatCount(stored)} stored by a stream, which is not heard`] : []),
    ...(unknown > 0 ? [`of ${formatCount(unknown)} the server did not tell who listened`] : []),
  ];
  const words = state === 'done' ? 'done' : state === 'aborted' ? 'aborted' : 'stopped';
  return `${words} ${operation}: ${parts.join(', ') || 'nothing'}${heard.length === 0 ? '' : ` (${heard.join('; ')})`}`;
}
