/** The face of this room for programs that use the package. */
export type { GoalDraft } from './goal-draft.ts';
export { prepareGoal } from './goal-draft.ts';
export type { Heard } from './heard.ts';
export type { Prepared } from './prepared.ts';
export type { Receipt } from './receipt.ts';
export { type SubmitOptions, submitGoal, submitTask, type WaitOptions, waitForGoal, waitForTask } from './submit.ts';
export { type StartOptions, type Submission, Submitter, type SubmitterOptions } from './submitter.ts';
export { prepareTask, type TaskDraft } from './task-draft.ts';
export type { Hop, MissingHop, Stage } from './trace/timeline.ts';
export { type Trace, type TraceOptions, traceSubmission } from './trace/trace.ts';
export { type Answered, isAnswered, type Outcome, type Progress } from './wait/outcome.ts';
