/** The SDK: everything the command line can do, for programs. */
export * from './contract/index.ts';
export { type ErrorCode, type ErrorDetails, HeddleError, isHeddleError } from './errors.ts';
export type { GoalDraft } from './submit/goal-draft.ts';
export { prepareGoal } from './submit/goal-draft.ts';
export type { Heard } from './submit/heard.ts';
export type { Prepared } from './submit/prepared.ts';
export type { Receipt } from './submit/receipt.ts';
export { submitGoal, submitTask, type WaitOptions, waitForGoal, waitForTask } from './submit/submit.ts';
export { type StartOptions, type Submission, Submitter, type SubmitterOptions } from './submit/submitter.ts';
export { prepareTask, type TaskDraft } from './submit/task-draft.ts';
export type { Hop, MissingHop, Stage } from './submit/trace/timeline.ts';
export { type Trace, type TraceOptions, traceSubmission } from './submit/trace/trace.ts';
export { type Answered, isAnswered, type Outcome, type Progress } from './submit/wait/outcome.ts';
export { connect } from './transport/nats.ts';
export type * from './transport/options.ts';
export type * from './transport/transport.ts';
