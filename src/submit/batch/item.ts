import { taskCompleter } from '../../contract/build.ts';
import { setMembers } from '../../contract/edit-members.ts';
import { isFrame } from '../../contract/frame.ts';
import { judgeTask } from '../../contract/heddle-verdict.ts';
import type { Sources } from '../../contract/ids.ts';
import { describeIssues, isJsonObject, type JsonObject } from '../../contract/json.ts';
import { findMember } from '../../contract/members.ts';
import { pythonHazard } from '../../contract/python-hazard.ts';
import { isSubjectPart } from '../../contract/subject-grammar.ts';
import { resultSubject, TASKS_INCOMING, taskSubject } from '../../contract/subjects.ts';
import { hazardWords } from '../payload/payload.ts';
import type { TaskDraft } from '../task-draft.ts';
import { taskStencil } from './stencil.ts';

/** One task of a batch, ready to be published. */
export interface Item {
  /** Of the input, from 1. */
  readonly line: number;
  readonly id: string;
  readonly text: string;
  readonly subject: string;
  /** Where its answer will come. */
  readonly resultSubject: string;
  readonly workerType: string;
}

export type ReadItem =
  | Item
  /** Malformed: to be reported. */
  | { readonly line: number; readonly problem: string }
  /** A record of something that is no task: a result, a dead letter. */
  | { readonly line: number; readonly notATask: string };

/** What stands on a line: a payload, a whole TaskMessage, or (`auto`) whatever it looks like. */
export type LineKind = 'auto' | 'payload' | 'envelope';

export interface ItemOptions {
  readonly lines: LineKind;
  /** For payloads. Without a worker type every line must be an envelope. */
  readonly draft: Omit<TaskDraft, 'payload' | 'payloadText' | 'taskId'> | undefined;
  readonly direct: boolean;
  /** Problems of a payload by the worker's own schema. */
  readonly check?: ((payload: JsonObject, text: string) => readonly string[]) | undefined;
  /** For envelopes that name no parent: where answers are awaited. */
  readonly parentId?: string | undefined;
}

/** `taskId`: for a task that has none of its own. Default: a fresh one. */
export type ItemReader = (line: number, text: string, taskId?: string) => ReadItem;

/** Makes items of lines. Problems are values: a batch has a million lines. */
export function itemReader(options: ItemOptions, sources: Sources): ItemReader {
  const { draft, lines, check, direct } = options;
  const write = draft === undefined ? undefined : taskStencil(draft, sources);
  const tier = draft?.tier ?? 'standard';
  const subject = draft !== undefined && direct ? taskSubject(draft.workerType, tier) : TASKS_INCOMING;
  const answers = resultSubject(draft?.parentId);
  const readEnvelope = envelopeReader(options, sources);

  return (line, raw, taskId) => {
    let value: unknown;
    try {
      value = JSON.parse(raw);
    } catch (cause) {
      return { line, problem: `is not JSON: ${reasonOf(cause)}` };
    }
    if (!isJsonObject(value)) return { line, problem: `is ${nameOf(value)}, not a JSON object` };
    const hazard = pythonHazard(raw);
    if (hazard !== undefined) return { line, problem: hazardWords(hazard) };
    if (write === undefined || lines === 'envelope' || (lines === 'auto' && looksLikeEnvelope(value))) {
      return readEnvelope(line, raw, value, taskId);
    }
    const problems = check?.(value, raw) ?? [];
    if (problems.length > 0) return { line, problem: problems.join('; ') };
    const { id, text } = write(raw, taskId);
    return { line, id, text, subject, resultSubject: answers, workerType: (draft as TaskDraft).workerType };
  };
}

function envelopeReader(
  options: ItemOptions,
  sources: Sources,
): (line: number, text: string, value: JsonObject, taskId: string | undefined) => ReadItem {
  const complete = taskCompleter(sources);
  const parentId = options.parentId ?? options.draft?.parentId;
  return (line, raw, outer, taskId) => {
    let text = raw;
    let value = outer;
    if (isRecord(outer)) {
      if (outer.kind !== 'task') return { line, notATask: String(outer.kind) };
      const member = findMember(raw, 'message');
      if (!isJsonObject(outer.message) || member === undefined)
        return { line, problem: 'is a record without a message' };
      value = outer.message;
      text = raw.slice(member.valueStart, member.end);
    }
    if (isFrame(value))
      return { line, problem: 'is a frame of the unreleased wire format, which no released router reads' };
    const issues = judgeTask(value);
    if (issues.length > 0) return { line, problem: `is no task that Heddle accepts: ${describeIssues(issues)}` };
    const workerType = value.worker_type as string;
    if (!isSubjectPart(workerType)) return { line, problem: 'has a worker_type that cannot be part of a subject' };
    if (options.draft !== undefined && options.draft.workerType !== workerType) {
      return { line, problem: `is a task for ${JSON.stringify(workerType)}, not for "${options.draft.workerType}"` };
    }
    const given = value.parent_task_id;
    const parentOfOwn = typeof given === 'string' && given !== '' ? given : parentId;
    if (parentOfOwn !== undefined && !isSubjectPart(parentOfOwn)) {
      return { line, problem: 'has a parent_task_id that cannot be part of a subject' };
    }
    const problems = options.check?.(value.payload as JsonObject, payloadText(text)) ?? [];
    if (problems.length > 0) return { line, problem: problems.join('; ') };
    const changes = new Map<string, string>();
    const id = typeof value.task_id === 'string' ? value.task_id : (taskId ?? sources.uuid());
    if (value.task_id === undefined) changes.set('task_id', JSON.stringify(id));
    // An explicit null is no parent either, and the answer would come where everybody's comes.
    if (parentOfOwn !== given && parentOfOwn !== undefined) changes.set('parent_task_id', JSON.stringify(parentOfOwn));
    const named = changes.size === 0 ? text : setMembers(text, changes);
    const tier = typeof value.model_tier === 'string' ? value.model_tier : 'standard';
    return {
      line,
      id,
      text: UTF8.decode(complete(Buffer.from(named), { ...value, task_id: id })),
      subject: options.direct ? taskSubject(workerType, tier) : TASKS_INCOMING,
      resultSubject: resultSubject(parentOfOwn),
      workerType,
    };
  };
}

const UTF8 = new TextDecoder();

/** What `tail -o ndjson` writes around a message. */
function isRecord(value: JsonObject): boolean {
  return Object.hasOwn(value, 'message') && typeof value.kind === 'string' && typeof value.subject === 'string';
}

function looksLikeEnvelope(value: JsonObject): boolean {
  return isRecord(value) || (typeof value.worker_type === 'string' && isJsonObject(value.payload));
}

function payloadText(text: string): string {
  const member = findMember(text, 'payload');
  return member === undefined ? '' : text.slice(member.valueStart, member.end);
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

function reasonOf(cause: unknown): string {
  const text = (cause instanceof Error ? cause.message : String(cause)).replaceAll(/\s+/g, ' ');
  return text.length <= 120 ? text : `${text.slice(0, 120)}…`;
}
