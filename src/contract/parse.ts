import { readJson, readJsonObject, type Unreadable } from './decode-json.ts';
import {
  judgeCheckpoint,
  judgeControl,
  judgeDeadLetter,
  judgeGoal,
  judgeResult,
  judgeTask,
  type Reading,
} from './heddle-verdict.ts';
import { describeIssues, type Issue, isJsonObject, type JsonObject } from './json.ts';
import type {
  CheckpointState,
  ControlMessage,
  DeadLetter,
  OrchestratorGoal,
  TaskMessage,
  TaskResult,
} from './messages.ts';

/**
 * A message that Heddle's models take, or the reasons why not. The value is the very object that was read: every key, known
 * or not, is in it; nothing is filled in or converted.
 */
export type Parsed<T> = { readonly ok: true; readonly value: T } | Rejected;

/** JSON that is not the message it was taken for. */
export interface Rejected {
  readonly ok: false;
  readonly reason: 'not_this_message';
  readonly detail: string;
  readonly issues: readonly Issue[];
}

/** A value as a task, or why Heddle would not take it. */
export function parseTask(value: unknown, reading: Reading = 'either'): Parsed<TaskMessage> {
  return parsed(value, judgeTask(value, reading));
}

/** A value as a result, or why Heddle would not take it. */
export function parseResult(value: unknown, reading: Reading = 'either'): Parsed<TaskResult> {
  return parsed(value, judgeResult(value, reading));
}

/** A value as a goal, or why Heddle would not take it. */
export function parseGoal(value: unknown): Parsed<OrchestratorGoal> {
  return parsed(value, judgeGoal(value));
}

/** A value as a checkpoint, or why Heddle would not take it. */
export function parseCheckpoint(value: unknown): Parsed<CheckpointState> {
  return parsed(value, judgeCheckpoint(value));
}

/** A value as a dead letter, or why it is none. */
export function parseDeadLetter(value: unknown): Parsed<DeadLetter> {
  return parsed(value, judgeDeadLetter(value));
}

/** A value as a control message, or why it is none. */
export function parseControl(value: unknown): Parsed<ControlMessage> {
  return parsed(value, judgeControl(value));
}

/** Bytes to a message in one step, with the text it stood in. */
export type Decoding<T> =
  | { readonly ok: true; readonly value: T; readonly text: string; readonly strict: boolean }
  | Unreadable
  | (Rejected & { readonly text: string; readonly value: JsonObject });

/** Bytes as a task, or why they are none. */
export function decodeTask(bytes: Uint8Array, reading: Reading = 'either'): Decoding<TaskMessage> {
  return decode(bytes, (value) => parseTask(value, reading));
}

/** Bytes as a result, or why they are none. */
export function decodeResult(bytes: Uint8Array, reading: Reading = 'either'): Decoding<TaskResult> {
  return decode(bytes, (value) => parseResult(value, reading));
}

/** Bytes as a goal, or why they are none. */
export function decodeGoal(bytes: Uint8Array): Decoding<OrchestratorGoal> {
  return decode(bytes, parseGoal);
}

function decode<T>(bytes: Uint8Array, parse: (value: JsonObject) => Parsed<T>): Decoding<T> {
  const read = readJsonObject(bytes);
  if (!read.ok) return read;
  const { text, value, strict } = read;
  const result = parse(value);
  return result.ok ? { ok: true, value: result.value, text, strict } : { ...result, text, value };
}

function parsed<T>(value: unknown, issues: readonly Issue[]): Parsed<T> {
  if (issues.length === 0) return { ok: true, value: value as T };
  return { ok: false, reason: 'not_this_message', detail: describeIssues(issues), issues };
}

/** True for `{"action":"reload"}`, whatever stands beside it; everything else on the control subject is ignored. */
export function asksReload(bytes: Uint8Array): boolean {
  const read = readJson(bytes);
  return read.ok && isJsonObject(read.value) && read.value.action === 'reload';
}
