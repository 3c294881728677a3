import { deadLetterClass, originalTaskText } from '../contract/dead-letter.ts';
import { bodyOfFrame, isFrame } from '../contract/frame.ts';
import { isJsonObject, type JsonObject } from '../contract/json.ts';
import { rawValue } from '../contract/members.ts';
import type { DeadLetter, TaskResult } from '../contract/messages.ts';
import { readPlainResult } from '../contract/plain-result.ts';
import { type DecodedMessage, decodeMessage } from '../contract/read-message.ts';
import { readSubject, subjectKind } from '../contract/subject-meaning.ts';
import type { Cause, Kind } from './kind.ts';

/** Failed work, as the message that tells of it says. */
export interface Finding {
  readonly kind: Kind;
  readonly cause: Cause;
  /** In the words of whoever refused or failed. */
  readonly reason: string;
  /** Where it failed, beyond the worker: the tier, or the stage of a pipeline; empty where the message does not say. */
  readonly place: string;
  readonly worker: string | undefined;
  readonly tier: string | undefined;
  /** The id of the task, or of the goal, as the characters of its JSON: `"t-1"`, and `17` where somebody sent a number. */
  readonly workId: string | undefined;
  /** The goal that it belongs to, or is. */
  readonly goal: string | undefined;
  /** Of a task that nobody answered. */
  readonly waitedMs?: number | undefined;
}

export const REJECTIONS = 'heddle.rejections.';

/** Undefined: no failed work. Never throws, whatever the bytes are. */
export function judge(subject: string, bytes: Uint8Array): Finding | undefined {
  switch (subjectKind(subject)) {
    case 'dead_letter':
      return judgeRefusal(decodeMessage(subject, bytes));
    case 'result': {
      // Most results are of work that went well, which shows at a glance.
      const plain = readPlainResult(bytes);
      if (plain !== undefined && plain.status !== 'failed') return undefined;
      return judgeResult(subject, decodeMessage(subject, bytes));
    }
    default:
      return subject.startsWith(REJECTIONS) ? judgeRejection(subject, decodeMessage(undefined, bytes)) : undefined;
  }
}

/** A task to a worker that nobody answered. */
export function orphanOf(subject: string, bytes: Uint8Array, waitedMs: number): Finding {
  const decoded = decodeMessage(subject, bytes);
  const meaning = readSubject(subject);
  const { worker, workId, goal } = taskFacts(
    isJsonObject(decoded.value) ? decoded.value : undefined,
    () => decoded.text,
  );
  const [type, tier] = meaning.kind === 'task' ? [meaning.workerType, meaning.tier] : [undefined, undefined];
  return {
    kind: 'orphan',
    cause: 'no_answer',
    reason: `no result came within ${Math.round(waitedMs / 1000)} s`,
    place: tier ?? '',
    worker: type ?? worker,
    tier,
    workId,
    goal,
    waitedMs,
  };
}

/** The id that a message bears, in the form of `Finding.workId`. */
export function taskIdOf(bytes: Uint8Array): string | undefined {
  const { value, text } = decodeMessage(undefined, bytes);
  return taskFacts(isJsonObject(value) ? value : undefined, () => text).workId;
}

function judgeRefusal(decoded: DecodedMessage): Finding {
  if (decoded.kind !== 'dead_letter') {
    const detail = decoded.kind === 'unknown' ? decoded.detail : `a ${decoded.kind} where a dead letter belongs`;
    return { ...NOTHING, kind: 'refusal', cause: 'other', reason: detail };
  }
  const { view, text } = decoded;
  const reason = view.reason ?? 'unknown';
  const cause = deadLetterClass(reason);
  const { worker, tier, workId, goal } = originalFacts(view, text);
  const refusedTier = cause === 'rate_limited' ? (/tier '([^']*)'/.exec(reason)?.[1] ?? tier) : tier;
  return { kind: 'refusal', cause, reason, place: refusedTier ?? '', worker, tier: refusedTier, workId, goal };
}

/** What the envelope says stands above what the task says: of a task that cannot be read it is all there is. */
function originalFacts(letter: DeadLetter, text: string): TaskFacts {
  const { original_task: original, worker_type: worker } = letter;
  const facts = taskFacts(isJsonObject(original) ? original : undefined, () => originalTaskText(text));
  return {
    ...facts,
    worker: textOf(worker) ?? facts.worker,
    workId: idText(letter.task_id, () => text) ?? facts.workId,
  };
}

function judgeResult(subject: string, decoded: DecodedMessage): Finding | undefined {
  if (decoded.kind === 'result') {
    const { view } = decoded;
    return view.status === 'failed' ? failedResult(subject, view) : undefined;
  }
  const loose = isJsonObject(decoded.value) ? decoded.value : undefined;
  const detail = decoded.kind === 'unknown' ? decoded.detail : `a ${decoded.kind} where a result belongs`;
  return {
    ...NOTHING,
    kind: 'unreadable_result',
    cause: 'unreadable',
    reason: detail,
    worker: textOf(loose?.worker_type),
    workId: idText(loose?.task_id, () => decoded.text),
    goal: goalOf(subject),
  };
}

const GOAL_REASONS: readonly (readonly [RegExp, Cause])[] = [
  [/^Stage '([^']*)' timed out/, 'stage_timed_out'],
  [/^Stage '([^']*)' /, 'stage_failed'],
  [/^Pipeline error/, 'goal_error'],
];

const RESULT_REASONS: readonly (readonly [RegExp, Cause])[] = [
  [/^Input validation:/, 'invalid_input'],
  [/^Output validation:/, 'invalid_output'],
];

function failedResult(subject: string, result: TaskResult): Finding {
  const { error, worker_type: worker } = result;
  const goal = goalOf(subject);
  // The final result of a goal bears the goal's own id; those of its stages have ids of their own.
  const isGoal = goal !== undefined && result.task_id === goal;
  const reason = textOf(error) ?? 'failed without a word';
  const known = (isGoal ? GOAL_REASONS : RESULT_REASONS).find(([pattern]) => pattern.test(reason));
  return {
    kind: isGoal ? 'failed_goal' : 'failed_result',
    cause: known?.[1] ?? (isGoal ? 'goal_error' : 'worker_error'),
    reason,
    place: known?.[0].exec(reason)?.[1] ?? '',
    worker,
    tier: undefined,
    workId: JSON.stringify(result.task_id),
    goal,
  };
}

/** Of upstream's next state little is known: where it says why, that is taken; the name is the last token of the subject. */
function judgeRejection(subject: string, { value, text }: DecodedMessage): Finding {
  const body = isJsonObject(value) ? (isFrame(value) ? bodyOfFrame(value) : value) : {};
  const name = subject.slice(subject.lastIndexOf('.') + 1);
  return {
    ...NOTHING,
    kind: 'rejection',
    cause: 'rejected',
    reason: textOf(body.reason) ?? textOf(body.error) ?? textOf(body.message) ?? name,
    place: subject.slice(REJECTIONS.length).split('.')[0] ?? '',
    worker: textOf(body.worker_type),
    workId: idText(body.task_id, () => text),
    goal: textOf(body.goal_id),
  };
}

const NOTHING = { place: '', worker: undefined, tier: undefined, workId: undefined, goal: undefined } as const;

type TaskFacts = Pick<Finding, 'worker' | 'tier' | 'workId' | 'goal'>;

function taskFacts(task: JsonObject | undefined, text: () => string | undefined): TaskFacts {
  if (task === undefined) return { worker: undefined, tier: undefined, workId: undefined, goal: undefined };
  const framed = isFrame(task);
  const body = framed ? bodyOfFrame(task) : task;
  return {
    worker: textOf(body.worker_type),
    tier: textOf(body.model_tier),
    workId: idText(body.task_id, () => (framed ? rawValue(text() ?? '', 'payload') : text())),
    goal: textOf(body.parent_task_id),
  };
}

/** An id as JSON: of text always the same for the same text, of all else the characters that came (numbers keep their digits). */
function idText(id: unknown, holder: () => string | undefined): string | undefined {
  if (id === undefined || id === null || id === '') return undefined;
  if (typeof id === 'string') return JSON.stringify(id);
  return rawValue(holder() ?? '', 'task_id') ?? JSON.stringify(id);
}

function goalOf(subject: string): string | undefined {
  const meaning = readSubject(subject);
  return meaning.kind === 'result' && meaning.parentId !== 'default' ? meaning.parentId : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
