import type { ModelTier, Priority } from './messages.ts';

/** A task whose larger members are JSON text already, as somebody else wrote them. */
export interface TaskParts {
  readonly task_id: string;
  readonly parent_task_id: string;
  readonly worker_type: string;
  /** JSON text of an object. */
  readonly payload: string;
  readonly model_tier: ModelTier;
  readonly priority: Priority;
  readonly created_at: string;
  readonly request_id: string;
  /** JSON text of an object. */
  readonly metadata: string;
  /** JSON text of an object. */
  readonly _trace_context: string;
}

/**
 * The text of such a task, member by member as a built one is written (`build.ts`): none of the numbers in its payload is written
 * again, and no object is made of what is text before and after. Whether Heddle would take it, its caller has found out.
 */
export function taskText(task: TaskParts): string {
  const { payload, model_tier, priority, metadata, _trace_context } = task;
  return (
    `{"task_id":${quoted(task.task_id)},"parent_task_id":${quoted(task.parent_task_id)},` +
    `"worker_type":${quoted(task.worker_type)},"payload":${payload},"model_tier":"${model_tier}","priority":"${priority}",` +
    `"created_at":"${task.created_at}","request_id":${quoted(task.request_id)},"metadata":${metadata},` +
    `"_trace_context":${_trace_context}}`
  );
}

const PLAIN = /^[\w.:~-]*$/;

/** Ids are plain as a rule, and asking for escapes costs three times the id. */
function quoted(id: string): string {
  return PLAIN.test(id) ? `"${id}"` : JSON.stringify(id);
}
