import type { FullGoal, FullTask } from '../contract/build.ts';
import type { ModelTier } from '../contract/messages.ts';
import { GOALS_INCOMING, resultSubject, TASKS_INCOMING, taskSubject } from '../contract/subjects.ts';

/** Exactly what will be published, and what a receipt says of it. */
export interface Prepared {
  readonly kind: 'task' | 'goal';
  readonly subject: string;
  /** The message as it goes on the wire. */
  readonly text: string;
  /** Bytes of it. */
  readonly bytes: number;
  /** The task's or the goal's. */
  readonly id: string;
  readonly parentId: string | null;
  readonly requestId: string | null;
  /** Of a task. */
  readonly workerType: string | undefined;
  readonly tier: ModelTier | undefined;
  readonly direct: boolean;
  /** Where the answer will come. */
  readonly resultSubject: string;
  readonly traceparent: string | undefined;
}

interface Way {
  /** Skip the router: publish where the worker listens. Default false. */
  readonly direct?: boolean | undefined;
  readonly traceparent?: string | undefined;
}

/** What of a task says where it goes, and where its answer comes. */
type Addressed = Pick<FullTask, 'task_id' | 'parent_task_id' | 'request_id' | 'worker_type' | 'model_tier'>;

/** A task and its text, which may hold a payload of its own. */
export function taskToSend(task: Addressed, text: string, { direct = false, traceparent }: Way = {}): Prepared {
  return {
    kind: 'task',
    subject: direct ? taskSubject(task.worker_type, task.model_tier) : TASKS_INCOMING,
    text,
    bytes: Buffer.byteLength(text),
    id: task.task_id,
    parentId: task.parent_task_id,
    requestId: task.request_id,
    workerType: task.worker_type,
    tier: task.model_tier,
    direct,
    resultSubject: resultSubject(task.parent_task_id),
    traceparent,
  };
}

/** A goal that is written already, with where it goes and what comes back. */
export function goalToSend(goal: FullGoal, text: string, { traceparent }: Pick<Way, 'traceparent'> = {}): Prepared {
  return {
    kind: 'goal',
    subject: GOALS_INCOMING,
    text,
    bytes: Buffer.byteLength(text),
    id: goal.goal_id,
    parentId: null,
    requestId: goal.request_id,
    workerType: undefined,
    tier: undefined,
    direct: false,
    resultSubject: resultSubject(goal.goal_id),
    traceparent,
  };
}
