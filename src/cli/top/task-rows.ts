import { beganAt, type LiveTask, type TaskState } from '../../top/tasks.ts';
import type { TopState } from './screen.ts';

/** A task at one moment. */
export interface TaskRow {
  /** Goes on living; what a picture shows of it stands beside it. */
  readonly task: LiveTask;
  readonly state: TaskState | 'slow';
  /** Undefined: how it began was not seen. */
  readonly waitedMs: number | undefined;
  /** Since when it is so. */
  readonly at: number;
}

/** Of those in flight; the others are counted in the head. */
const MOST_FLYING = 500;
/** Slow is what takes so many times what almost all of its worker take, and no less than a second. */
const TIMES = 2;
const LEAST_MS = 1000;

export function isWorse(state: TaskRow['state']): state is 'orphaned' | 'dead_letter' | 'failed' {
  return state === 'orphaned' || state === 'dead_letter' || state === 'failed';
}

/** Without an answer, then failed and refused with the last first, then slow, then the rest that flies. */
export function taskRows({ model, now }: TopState): readonly TaskRow[] {
  const p99s = new Map(model.traffic.workers.map(({ type, tier, durations }) => [`${type}\n${tier}`, durations.p99]));
  const slow: TaskRow[] = [];
  const flying: TaskRow[] = [];
  for (const task of model.tasks.open) {
    if (slow.length + flying.length >= MOST_FLYING) break;
    const waitedMs = now - beganAt(task);
    const p99 = p99s.get(`${task.worker}\n${task.tier}`);
    const isSlow =
      p99 !== undefined && task.routedAt !== undefined && now - task.routedAt > Math.max(LEAST_MS, p99 * TIMES);
    (isSlow ? slow : flying).push({ task, state: isSlow ? 'slow' : task.state, waitedMs, at: beganAt(task) });
  }
  const orphans = model.tasks.orphans.map(
    (task): TaskRow => ({ task, state: 'orphaned', waitedMs: now - beganAt(task), at: beganAt(task) }),
  );
  const failed = model.tasks.failed.map((task): TaskRow => {
    const endedAt = task.endedAt ?? beganAt(task);
    const seen = task.sentAt ?? task.routedAt;
    return { task, state: task.state, waitedMs: seen === undefined ? undefined : endedAt - seen, at: endedAt };
  });
  return [...orphans, ...failed.reverse(), ...slow, ...flying];
}
