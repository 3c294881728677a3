import type { LiveGoal } from '../../../top/goals.ts';
import { formatDuration } from '../../flags/duration.ts';
import { formatCount } from '../../screen/count.ts';
import { bar } from '../../screen/symbols.ts';
import type { Look, TopScreen } from '../screen.ts';
import { goalChart } from '../timeline.ts';
import { ageText, clockText } from '../words.ts';

/** A goal at one moment. */
interface GoalRow {
  readonly goal: LiveGoal;
  readonly state: LiveGoal['state'];
  readonly stages: number;
  readonly completed: number;
  readonly failed: number;
  readonly lastedMs: number;
}

/** Goals that run and ended of late: failed ones first, then those that run, the longest first. */
export const goals: TopScreen<GoalRow> = {
  title: 'Goals',
  rows: ({ model, now }) => {
    const rows = [...model.goals.running, ...[...model.goals.ended].reverse()].map((goal) => rowOf(goal, now));
    return rows.sort((a, b) => RANK[a.state] - RANK[b.state] || b.failed - a.failed);
  },
  id: ({ goal }) => goal,
  fields: ({ goal, state, stages, completed, failed, lastedMs }) => ({
    goal_id: goal.id,
    status: state,
    stages,
    completed,
    failed,
    lasted_ms: lastedMs,
    sent: goal.sentAt === undefined ? null : new Date(goal.sentAt).toISOString(),
    instruction: goal.instruction ?? null,
    error: goal.reason ?? null,
  }),
  places: ['stages', 'error'],
  columns: [
    { key: 'status', header: 'STATE', cell: stateCell },
    { key: 'goal_id', header: 'GOAL', cell: ({ goal }, { width }) => goal.id.slice(0, width >= 110 ? 36 : 8) },
    { key: 'completed', header: 'STAGES', cell: stagesCell },
    { key: 'failed', header: 'FAILED', align: 'right', rank: 2, cell: ({ failed }) => formatCount(failed) },
    { key: 'lasted_ms', header: 'LASTS', align: 'right', cell: lastsText },
    { key: 'sent', header: 'SENT', rank: 1, cell: ({ goal }) => clockText(goal.sentAt) },
    {
      key: 'instruction',
      header: 'WHAT',
      rank: 3,
      shrinks: true,
      cell: ({ goal }) => (goal.reason ?? goal.instruction ?? '').slice(0, 200),
    },
  ],
  head: (rows, { model }) => {
    const forgotten = model.goals.forgotten;
    const failed = rows.filter(({ state }) => state === 'failed').length;
    return `${formatCount(model.goals.runningCount)} running, ${formatCount(failed)} failed of late${
      forgotten === 0 ? '' : `, ${formatCount(forgotten)} more too many to follow`
    }`;
  },
  nothing: ({ model }) =>
    model.unheard.length > 0
      ? `unknown: this user may not listen to ${model.unheard.join(', ')}`
      : 'no goal passed since this view began',
  detail: ({ goal }, { now }, look) => goalChart(goal, now, look),
  commands: () => ['heddle-ts tail --goals --pair -o ndjson'],
};

const RANK: Readonly<Record<LiveGoal['state'], number>> = { failed: 0, running: 1, completed: 2 };

function rowOf(goal: LiveGoal, now: number): GoalRow {
  const stages = [...goal.stages.values()];
  return {
    ...{ goal, state: goal.state },
    stages: stages.length + goal.more,
    completed: stages.filter(({ state }) => state === 'completed').length,
    failed: stages.filter(({ state }) => state === 'failed' || state === 'dead_letter' || state === 'orphaned').length,
    lastedMs: (goal.endedAt ?? now) - (goal.sentAt ?? goal.firstAt),
  };
}

function stateCell({ state }: GoalRow, { style, symbols }: Look) {
  if (state === 'failed') return { text: `${symbols.fail} failed`, style: style.bad };
  return { text: state, style: state === 'completed' ? style.good : undefined };
}

const BAR = 10;

/** Of a pipeline the later stages are not known before they are sent: the bar is of those that were seen. */
function stagesCell({ stages, completed }: GoalRow, { symbols, width }: Look): string {
  const seen = `${completed} of ${stages}`;
  return width < 60 ? seen : `${bar(symbols, stages === 0 ? 0 : completed / stages, BAR)} ${seen}`;
}

function lastsText({ goal, lastedMs }: GoalRow): string {
  return goal.endedAt === undefined ? ageText(lastedMs) : formatDuration(lastedMs);
}
