import { TASKS_INCOMING } from '../../contract/subjects.ts';
import type { Hop, Stage } from '../../submit/trace/timeline.ts';
import type { LiveGoal } from '../../top/goals.ts';
import { beganAt, type LiveTask } from '../../top/tasks.ts';
import { formatDuration } from '../flags/duration.ts';
import { disarmLine } from '../screen/disarm.ts';
import { hopLine } from '../submit/show/human-trace.ts';
import { stageChart } from '../submit/show/stage-chart.ts';
import { timeOfDay } from '../tail/show/time-of-day.ts';
import type { Look } from './screen.ts';
import { ageText } from './words.ts';

/** The way of one task, as `submit --trace` shows one; what was not seen of it is said. */
export function timeline(task: LiveTask, now: number, look: Look): readonly string[] {
  const began = beganAt(task);
  const doubled = [
    ...(task.routes > 1 ? [`routed ${task.routes} times: more than one router listens`] : []),
    ...(task.answers > 1 ? [`answered ${task.answers} times`] : []),
    ...(task.late ? ['the answer came after it had been given up'] : []),
  ];
  return [
    `task ${disarmLine(task.id)}`,
    `first seen ${timeOfDay(began)}${task.sentAt === undefined ? '; how it was sent was not seen' : ''}`,
    '',
    ...hopsOf(task).flatMap((hop) => hopLine(hop, look).split('\n')),
    ...(task.endedAt === undefined ? ['', waitsWhere(task, now)] : []),
    ...(doubled.length > 0 ? ['', ...doubled] : []),
  ];
}

function waitsWhere({ state, routedAt, worker, tier, sentAt }: LiveTask, now: number): string {
  const since = routedAt ?? sentAt ?? now;
  const where = routedAt === undefined ? 'for a router' : `for ${disarmLine(`${worker}.${tier}`)}`;
  return `${state === 'orphaned' ? 'given up: it has waited' : 'it waits'} ${where} since ${timeOfDay(since)}, ${ageText(now - since)}`;
}

function hopsOf({ id, worker, tier, sentAt, routedAt, endedAt, state, reason, answeredOn, ...task }: LiveTask): Hop[] {
  const began = sentAt ?? routedAt ?? endedAt ?? 0;
  const hops: Hop[] = [];
  const add = (at: number | undefined, hop: Partial<Hop> & Pick<Hop, 'kind' | 'subject'>): void => {
    if (at === undefined) return;
    const nothing = { tier: null, status: null, detail: null };
    hops.push({ ...nothing, task_id: id, worker_type: worker ?? null, at_ms: at - began, ...hop });
  };
  add(sentAt, { kind: 'published', subject: TASKS_INCOMING });
  add(routedAt, { kind: 'routed', subject: `heddle.tasks.${worker}.${tier}`, tier: tier ?? null });
  if (state === 'dead_letter')
    add(endedAt, { kind: 'dead_letter', subject: 'heddle.tasks.dead_letter', detail: reason ?? null });
  else {
    const subject = answeredOn ?? `heddle.results.${task.goal ?? 'default'}`;
    add(endedAt, { kind: 'result', subject, status: state, detail: reason ?? null });
  }
  return hops;
}

/** A goal with a bar for each of its stages, on one scale. */
export function goalChart(goal: LiveGoal, now: number, look: Look): readonly string[] {
  const began = goal.sentAt ?? goal.firstAt;
  const lasts = (goal.endedAt ?? now) - began;
  const stages = [...goal.stages.values()].map((task) => stageOf(task, began));
  return [
    `goal ${disarmLine(goal.id)}`,
    ...(goal.instruction === undefined ? [] : [disarmLine(goal.instruction)]),
    `${goal.state}${goal.sentAt === undefined ? '; how it was sent was not seen' : ''}, ${formatDuration(lasts)}`,
    ...(goal.reason === undefined ? [] : [disarmLine(goal.reason)]),
    '',
    ...(stages.length === 0 ? ['no task of it was seen'] : stageChart(stages, lasts, look)),
    ...(goal.more === 0 ? [] : [`and ${goal.more} more`]),
  ];
}

function stageOf(task: LiveTask, began: number): Stage {
  const since = (at: number | undefined): number | null => (at === undefined ? null : at - began);
  return {
    name: task.stage ?? task.worker ?? task.id,
    task_id: task.id,
    worker_type: task.worker ?? null,
    tier: task.tier ?? null,
    sent_ms: since(task.sentAt),
    routed_ms: since(task.routedAt),
    ended_ms: since(task.endedAt),
    status: task.endedAt === undefined ? null : task.state === 'dead_letter' ? 'dead_lettered' : task.state,
  };
}
