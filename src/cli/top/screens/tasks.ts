import { formatCount } from '../../screen/count.ts';
import type { Look, TopScreen } from '../screen.ts';
import { isWorse, type TaskRow, taskRows } from '../task-rows.ts';
import { timeline } from '../timeline.ts';
import { ageText, clockText, msText, shellWord, UNKNOWN } from '../words.ts';

/** What is in flight, and what went wrong: the worst first, and of those that fly the longest first. */
export const tasks: TopScreen<TaskRow> = {
  title: 'Tasks',
  rows: taskRows,
  id: ({ task }) => task,
  fields: ({ task, state, waitedMs, at }) => ({
    task_id: task.id,
    status: state,
    worker_type: task.worker ?? null,
    tier: task.tier ?? null,
    goal: task.goal ?? null,
    waited_ms: waitedMs ?? null,
    since: new Date(at).toISOString(),
    error: task.reason ?? null,
  }),
  columns: [
    { key: 'status', header: 'STATE', cell: stateCell },
    { key: 'task_id', header: 'TASK', cell: ({ task }, { width }) => task.id.slice(0, width >= WIDE ? 36 : 8) },
    {
      key: 'worker_type',
      header: 'WORKER',
      shrinks: true,
      cell: ({ task }, { style }) => ({ text: task.worker ?? '-', style: style.accent }),
    },
    { key: 'tier', header: 'TIER', rank: 2, cell: ({ task }) => task.tier ?? '-' },
    {
      key: 'waited_ms',
      header: 'WAITED',
      align: 'right',
      cell: waitedText,
    },
    { key: 'since', header: 'SINCE', rank: 1, cell: ({ at }) => clockText(at) },
    { key: 'goal', header: 'GOAL', rank: 4, cell: ({ task }) => task.goal?.slice(0, 8) ?? '-' },
    { key: 'error', header: 'REASON', rank: 3, shrinks: true, cell: ({ task }) => (task.reason ?? '').slice(0, 200) },
  ],
  head: (rows, { model: { tasks: all, flows } }) =>
    [
      `${formatCount(all.openCount)} in flight`,
      `${formatCount(rows.filter(({ state }) => state === 'slow').length)} slow`,
      `${formatCount(all.orphans.length)} without an answer`,
      `${formatCount(flows.failures.count)} failed`,
      `${formatCount(flows.refusals.count)} refused`,
      ...(all.forgotten === 0 ? [] : [`${formatCount(all.forgotten)} more too many to follow`]),
    ].join(', '),
  nothing: ({ model }) =>
    model.unheard.length > 0
      ? `unknown: this user may not listen to ${model.unheard.join(', ')}`
      : 'nothing is in flight, and nothing failed since this view began',
  detail: ({ task }, { now }, look) => timeline(task, now, look),
  commands: (_rows, where) => [`heddle-ts tail --pair --orphan-after 60s -o ndjson${messageFilter(where?.written)}`],
};

const WIDE = 110;

/** What can be asked of messages, too; the rest of a row is known here alone. */
function messageFilter(written: string | undefined): string {
  const same = /^(task_id|worker_type|tier|goal|error)\b/.test(written ?? '');
  return same && written !== undefined ? ` --where ${shellWord(written)}` : '';
}

function waitedText({ task, waitedMs }: TaskRow): string {
  if (waitedMs === undefined) return UNKNOWN;
  return task.endedAt === undefined ? ageText(waitedMs) : msText(waitedMs);
}

function stateCell({ state }: TaskRow, { style, symbols }: Look) {
  if (isWorse(state)) return { text: `${symbols.fail} ${WORDS[state]}`, style: style.bad };
  return { text: WORDS[state], style: state === 'slow' ? style.warn : undefined };
}

const WORDS: Readonly<Record<TaskRow['state'], string>> = {
  orphaned: 'no answer',
  dead_letter: 'refused',
  failed: 'failed',
  slow: 'slow',
  sent: 'not routed',
  routed: 'in flight',
  completed: 'completed',
};
