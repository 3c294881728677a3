/** The face of this room for programs that use the package; what becomes of what is sent is the face of delivery. */
export type { GoalDraft } from './goal-draft.ts';
export { prepareGoal } from './goal-draft.ts';
export { type SubmitOptions, submitGoal, submitTask, type WaitOptions, waitForGoal, waitForTask } from './submit.ts';
export { prepareTask, type TaskDraft } from './task-draft.ts';
export type { Hop, MissingHop, Stage } from './trace/timeline.ts';
export { type Trace, type TraceOptions, traceSubmission } from './trace/trace.ts';
