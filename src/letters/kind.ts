/** What became of work that failed. */
export const KINDS = ['refusal', 'failed_result', 'orphan', 'failed_goal', 'unreadable_result', 'rejection'] as const;
export type Kind = (typeof KINDS)[number];

/** Each kind in words, for one and for many. */
export const KIND_WORDS: Readonly<Record<Kind, readonly [one: string, many: string]>> = {
  refusal: ['task that a router refused', 'tasks that a router refused'],
  failed_result: ['task that failed', 'tasks that failed'],
  orphan: ['task without an answer', 'tasks without an answer'],
  failed_goal: ['goal that failed', 'goals that failed'],
  unreadable_result: ['result that cannot be read', 'results that cannot be read'],
  rejection: ['message that a later Heddle rejected', 'messages that a later Heddle rejected'],
};

/** Why, as far as Heddle's own words tell: few enough to be a label of a metric. */
export const CAUSES = [
  // a router
  'invalid_task_message',
  'unknown_tier',
  'rate_limited',
  // a worker
  'invalid_input',
  'invalid_output',
  'worker_error',
  'no_answer',
  // a pipeline or an orchestrator
  'stage_failed',
  'stage_timed_out',
  'goal_error',
  'unreadable',
  'rejected',
  'other',
] as const;
export type Cause = (typeof CAUSES)[number];

/** What of it can be sent again: a task, or a goal. */
export type Work = 'task' | 'goal';

export function workOf(kind: Kind): Work {
  return kind === 'failed_goal' ? 'goal' : 'task';
}
