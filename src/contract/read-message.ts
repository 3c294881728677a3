import { readDeadLetter } from './dead-letter.ts';
import { type ReadJson, readJsonObject, readJsonObjectText, type Unreadable } from './decode-json.ts';
import { bodyOfFrame, type Frame, isFrame, readFrame } from './frame.ts';
import { judgeControl, judgeGoal, judgeResult, judgeTask } from './heddle-verdict.ts';
import { describeIssues, type Issue, type JsonObject, NO_ISSUES } from './json.ts';
import type { ControlMessage, DeadLetter, Generation, OrchestratorGoal, TaskMessage, TaskResult } from './messages.ts';
import { describeEvent, isEvent, readSubject, type SubjectMeaning, subjectKind } from './subject-meaning.ts';

/** What passes on the wire. */
export type MessageKind = 'task' | 'result' | 'goal' | 'dead_letter' | 'control';

/** What a message on a subject is. `view` has the field names of generation B whatever came; `value` is what came. */
export type DecodedMessage =
  | Known<'task', TaskMessage>
  | Known<'result', TaskResult>
  | Known<'goal', OrchestratorGoal>
  | Known<'dead_letter', DeadLetter>
  | Known<'control', ControlMessage>
  | UnknownMessage;

/** A message of one kind, in the words of generation B and as it came. */
export interface Known<K extends MessageKind, T> {
  readonly kind: K;
  readonly generation: Exclude<Generation, 'none'>;
  readonly view: T;
  /** The object as it was read, nothing added or renamed. */
  readonly value: JsonObject;
  /** The characters as they came. */
  readonly text: string;
  /** False when the text holds NaN or Infinity: other JSON readers refuse it. */
  readonly strict: boolean;
  /** The envelope, in generation C. */
  readonly frame?: Frame;
}

/** What is no message, and why. */
export interface UnknownMessage {
  readonly kind: 'unknown';
  readonly generation: 'C' | 'none';
  readonly reason: 'not_utf8' | 'not_json' | 'not_object' | 'not_this_message';
  /** For people. */
  readonly detail: string;
  /** What the subject, or the frame, called for. */
  readonly expected?: MessageKind;
  readonly issues: readonly Issue[];
  /** Whatever could be read. */
  readonly text?: string;
  readonly value?: unknown;
}

/**
 * For everybody who looks at a bus (tail, status, dead-letter). Never throws. The verdict is Heddle's (generation A or B),
 * not that of the JSON Schemas. `subject` undefined: a message from a file, known by its shape.
 */
export function decodeMessage(subject: string | undefined, bytes: Uint8Array): DecodedMessage {
  return identify(subject, readJsonObject(bytes));
}

/** The same for the text of a message. */
export function decodeMessageText(subject: string | undefined, text: string): DecodedMessage {
  return identify(subject, readJsonObjectText(text));
}

function identify(subject: string | undefined, read: ReadJson<JsonObject> | Unreadable): DecodedMessage {
  const expected = subject === undefined ? undefined : kindOfSubject(subject);
  if (!read.ok) {
    const { reason, detail, text, value } = read;
    return unknown({ generation: 'none', reason, detail, expected, text, value });
  }
  const { value } = read;
  if (isFrame(value) && expected !== 'dead_letter') return framed(read, expected);
  const kind = subject === undefined ? kindOfShape(value) : expected;
  return kind === undefined ? notOurs(read, undefined, noKind(subject), NO_ISSUES) : known(kind, read);
}

function known(kind: MessageKind, read: ReadJson<JsonObject>, body = read.value, frame?: Frame): DecodedMessage {
  const { value, text, strict } = read;
  const issues = JUDGES[kind](body);
  if (issues.length > 0) return notOurs(read, kind, describeIssues(issues), issues, frame);
  const view = kind === 'dead_letter' ? readDeadLetter(body) : body;
  const generation = frame !== undefined ? 'C' : isOfA(kind, value) ? 'A' : 'B';
  // The judge has looked at the fields that the type of this kind promises.
  return (
    frame === undefined
      ? { kind, generation, view, value, text, strict }
      : { kind, generation, view, value, text, strict, frame }
  ) as DecodedMessage;
}

function framed(read: ReadJson<JsonObject>, expected: MessageKind | undefined): DecodedMessage {
  const frame = readFrame(read.value);
  const kind = KINDS_OF_FRAMES.get(frame.payload_type);
  if (kind !== undefined) return known(kind, read, bodyOfFrame(read.value), frame);
  return notOurs(
    read,
    expected,
    `a frame of a type unknown here, ${JSON.stringify(frame.payload_type)}`,
    NO_ISSUES,
    frame,
  );
}

function notOurs(
  read: ReadJson<JsonObject>,
  expected: MessageKind | undefined,
  detail: string,
  issues: readonly Issue[],
  frame?: Frame,
): UnknownMessage {
  const generation = frame === undefined ? 'none' : 'C';
  return unknown({
    generation,
    reason: 'not_this_message',
    detail,
    expected,
    issues,
    text: read.text,
    value: read.value,
  });
}

interface UnknownParts {
  generation: 'C' | 'none';
  reason: UnknownMessage['reason'];
  detail: string;
  expected: MessageKind | undefined;
  issues?: readonly Issue[];
  text?: string | undefined;
  value?: unknown;
}

function unknown({
  generation,
  reason,
  detail,
  expected,
  issues = NO_ISSUES,
  text,
  value,
}: UnknownParts): UnknownMessage {
  return {
    kind: 'unknown',
    generation,
    reason,
    detail,
    issues,
    ...(expected === undefined ? {} : { expected }),
    ...(text === undefined ? {} : { text }),
    ...(value === undefined ? {} : { value }),
  };
}

const JUDGES: Record<MessageKind, (value: JsonObject) => readonly Issue[]> = {
  task: judgeTask,
  result: judgeResult,
  goal: judgeGoal,
  // Any object is one: what a router wraps is by nature not what was expected.
  dead_letter: () => NO_ISSUES,
  control: judgeControl,
};

const KINDS_OF_FRAMES = new Map<string, MessageKind>([
  ['core.TaskMessage', 'task'],
  ['core.TaskResult', 'result'],
  ['core.OrchestratorGoal', 'goal'],
]);

/** The kind of message that belongs on a subject. */
export function kindOfSubject(subject: string): MessageKind | undefined {
  // Messages come in bursts on one subject; the answer to the last question costs a tenth of working it out.
  if (subject !== lastSubject) {
    lastKind = KINDS_OF_SUBJECTS[subjectKind(subject)];
    lastSubject = subject;
  }
  return lastKind;
}

let lastSubject: string | undefined;
let lastKind: MessageKind | undefined;

const KINDS_OF_SUBJECTS: Record<SubjectMeaning['kind'], MessageKind | undefined> = {
  goals_incoming: 'goal',
  tasks_incoming: 'task',
  task: 'task',
  dead_letter: 'dead_letter',
  result: 'result',
  control: 'control',
  scheduler: undefined,
  event: undefined,
  command: undefined,
  rejection: undefined,
  dedup: undefined,
  other: undefined,
};

function kindOfShape(value: JsonObject): MessageKind | undefined {
  if ('original_task' in value && 'reason' in value) return 'dead_letter';
  if ('status' in value && 'task_id' in value) return 'result';
  if ('worker_type' in value) return 'task';
  if ('instruction' in value) return 'goal';
  return 'action' in value ? 'control' : undefined;
}

function noKind(subject: string | undefined): string {
  if (subject === undefined) return 'the object has the shape of no message';
  const meaning = readSubject(subject);
  return isEvent(meaning) ? describeEvent(meaning) : 'Heddle has no message for this subject';
}

function isOfA(kind: MessageKind, value: JsonObject): boolean {
  if (kind === 'task') return value.max_retries !== undefined || value.retry_count !== undefined;
  return kind === 'result' && value.status === 'retry';
}
