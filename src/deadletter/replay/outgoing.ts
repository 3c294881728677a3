import { readJsonObjectText } from '../../contract/decode-json.ts';
import { setMembers } from '../../contract/edit-members.ts';
import { bodyOfFrame, isFrame } from '../../contract/frame.ts';
import { isJsonObject, type JsonObject } from '../../contract/json.ts';
import { rawValue } from '../../contract/members.ts';
import { isModelTier } from '../../contract/messages.ts';
import { pythonHazard } from '../../contract/python-hazard.ts';
import { isSubjectToken } from '../../contract/subject-grammar.ts';
import { GOALS_INCOMING, resultSubject, TASKS_INCOMING, taskSubject } from '../../contract/subjects.ts';
import { derivedId } from '../../delivery/derived-id.ts';
import { HeddleError } from '../../errors.ts';
import { type Work, workOf } from '../../letters/kind.ts';
import type { Letter } from '../../letters/letter.ts';

/** How work is sent again. */
export interface How {
  /** Under a fresh id each, with the old one in metadata.replayed_from. */
  readonly newId: boolean;
  /** To this worker and tier, past the router. */
  readonly to: { readonly worker: string; readonly tier: string } | undefined;
  /** What else is changed: the text of the work, changed; throws what cannot be done. Undefined: nothing is. */
  readonly mend: ((text: string) => string) | undefined;
}

/** What leaves, and where. */
export interface Outgoing {
  readonly work: Work;
  readonly subject: string;
  readonly text: string;
  /** Where it is text; an answer to any other cannot be told from others. */
  readonly id: string | undefined;
  readonly resultSubject: string;
  /** The id as JSON, where it is not that of the letter. */
  readonly newWorkId: string | undefined;
}

export type Made = Outgoing | { readonly unsendable: string };

/** `nth`: which time this letter is sent; with the same values the same id comes out. */
export function outgoing(original: string, letter: Pick<Letter, 'id' | 'kind'>, how: How, operation: string): Made {
  const work = workOf(letter.kind);
  const hazard = pythonHazard(original);
  if (hazard !== undefined && how.mend === undefined) {
    return {
      unsendable: `a Python ${work === 'goal' ? 'orchestrator' : 'router'} ends when it reads it (${HAZARD[hazard]})`,
    };
  }
  let text = original;
  try {
    if (how.mend !== undefined) text = how.mend(text);
  } catch (error) {
    if (error instanceof HeddleError) return { unsendable: error.message };
    throw error;
  }
  const read = readJsonObjectText(text);
  if (!read.ok)
    return { unsendable: `it is no JSON object, and a Python router ends when it reads one: ${read.detail}` };
  const { value } = read;
  if (work === 'goal') return goalOf(text, value);
  return taskOf(text, value, letter, how, operation);
}

const HAZARD = { nesting: 'nested too deeply', integer: 'an integer of too many digits' } as const;

function goalOf(text: string, value: JsonObject): Made {
  const id = typeof value.goal_id === 'string' ? value.goal_id : undefined;
  return {
    work: 'goal',
    subject: GOALS_INCOMING,
    text,
    id,
    resultSubject: resultSubject(id),
    newWorkId: undefined,
  };
}

function taskOf(text: string, value: JsonObject, letter: Pick<Letter, 'id'>, how: How, operation: string): Made {
  const framed = isFrame(value);
  const body = framed ? bodyOfFrame(value) : value;
  if (framed && (how.newId || how.to !== undefined)) {
    return { unsendable: 'it is a frame of a later Heddle, which is sent as it is or not at all' };
  }
  const changes = new Map<string, string>();
  const oldId = body.task_id;
  let id = typeof oldId === 'string' ? oldId : undefined;
  if (how.newId) {
    id = derivedId('replay', operation, letter.id);
    changes.set('task_id', JSON.stringify(id));
    changes.set('metadata', metadataOf(text, value));
  }
  if (how.to !== undefined) {
    const { worker, tier } = how.to;
    if (body.worker_type !== worker) changes.set('worker_type', JSON.stringify(worker));
    if (body.model_tier !== tier) changes.set('model_tier', JSON.stringify(tier));
  }
  const parent = typeof body.parent_task_id === 'string' ? body.parent_task_id : undefined;
  return {
    work: 'task',
    subject: how.to === undefined ? TASKS_INCOMING : taskSubject(how.to.worker, how.to.tier),
    text: changes.size === 0 ? text : setMembers(text, changes),
    id,
    resultSubject: resultSubject(parent),
    newWorkId: how.newId ? JSON.stringify(id) : undefined,
  };
}

/** The chain leads to the first of them, however often it was sent anew. */
function metadataOf(text: string, value: JsonObject): string {
  const { metadata } = value;
  const raw = isJsonObject(metadata) ? (rawValue(text, 'metadata') ?? '{}') : '{}';
  if (isJsonObject(metadata) && typeof metadata.replayed_from === 'string') return raw;
  return setMembers(raw, new Map([['replayed_from', rawValue(text, 'task_id') ?? 'null']]));
}

/** `ocr.local` */
export function readTarget(written: string): { worker: string; tier: string } | undefined {
  const dot = written.lastIndexOf('.');
  const worker = written.slice(0, Math.max(0, dot));
  const tier = written.slice(dot + 1);
  return isSubjectToken(worker) && isModelTier(tier) ? { worker, tier } : undefined;
}
