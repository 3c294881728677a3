/** The face of this room for programs that use the package. */

export { createGuard, type Guard } from '../time/guard.ts';
export { catchUp, Overlap } from './catch-up.ts';
export { type Condition, readCondition } from './condition.ts';
export { type End, type EndCause, type EndingRules, FAIL_WORDS, type FailWord } from './ending.ts';
export { type LineSink, writeEnvelope } from './envelope.ts';
export type { Facts } from './facts.ts';
export type { Snapshot } from './figures.ts';
export type { FilterRules } from './filter.ts';
export { type FollowOptions, follow } from './follow.ts';
export { type History, type HistoryOptions, openHistory } from './history.ts';
export { createLint, type Lint, type LintNote, type WorkerSchemas } from './lint.ts';
export type { Output, TailOptions } from './options.ts';
export { Pairing } from './pairing.ts';
export { compilePattern } from './pattern.ts';
export { type Recorded, type RecordedMessage, readEnvelope } from './read-envelope.ts';
export type {
  GapReason,
  GapRecord,
  MessageRecord,
  OrphanRecord,
  PairNote,
  SummaryRecord,
  TailRecord,
} from './record.ts';
export { RecordFile, type RecordFileOptions } from './record-file.ts';
export { type ReplayOptions, replay } from './replay.ts';
export { patternsOf, type SubjectChoice } from './subjects.ts';
export { Tail } from './tail.ts';
