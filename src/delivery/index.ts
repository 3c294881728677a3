/** The face of this room for programs that use the package. */
export { derivedId } from './derived-id.ts';
export { type Fate, fateOf, type Heard, type Hearing } from './heard.ts';
export { goalToSend, type Prepared, taskToSend } from './prepared.ts';
export type { Receipt } from './receipt.ts';
export { type Arrival, Sender, sendOnce } from './sender.ts';
export { type StartOptions, type Submission, Submitter, type SubmitterOptions } from './submitter.ts';
export { type Answered, isAnswered, type Outcome, type Progress } from './wait/outcome.ts';
export type { SharedResults } from './wait/result-subjects.ts';
