import { buildTask } from '../contract/build.ts';
import { encodeMessage } from '../contract/encode.ts';
import type { Sources } from '../contract/ids.ts';
import type { JsonObject } from '../contract/json.ts';
import type { ModelTier, Priority } from '../contract/messages.ts';
import { pythonHazard } from '../contract/python-hazard.ts';
import { partProblem } from '../contract/subjects.ts';
import { TRACE_KEY, type TraceContext, traceCarrier, traceparent } from '../contract/trace-context.ts';
import { type Prepared, taskToSend } from '../delivery/prepared.ts';
import { HeddleError } from '../errors.ts';
import { hazardWords } from './payload/payload.ts';

/** A task as somebody wants it sent. What is left out gets Heddle's default. */
export interface TaskDraft {
  readonly workerType: string;
  readonly payload: JsonObject;
  /** The JSON text that `payload` was read from, to be sent as it is: `1.0` and 2^53+1 stay what they are. */
  readonly payloadText?: string | undefined;
  /** Default `standard`; the router may override it. */
  readonly tier?: ModelTier | undefined;
  readonly priority?: Priority | undefined;
  /** Names the result subject. Default: none when nobody waits, a fresh one when somebody does. */
  readonly parentId?: string | undefined;
  readonly requestId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly metadata?: JsonObject | undefined;
  readonly trace?: TraceContext | undefined;
  /** Skip the router: publish where the worker listens. */
  readonly direct?: boolean | undefined;
}

/** A task made ready to be sent, and checked as Heddle checks it. Throws `input_invalid`. */
export function prepareTask(draft: TaskDraft, sources: Sources): Prepared {
  const message = buildTask(
    {
      worker_type: workerPart(draft.workerType),
      payload: draft.payloadText === undefined ? draft.payload : {},
      task_id: draft.taskId === undefined ? undefined : idText(draft.taskId, 'task id'),
      parent_task_id: draft.parentId,
      model_tier: draft.tier,
      priority: draft.priority,
      request_id: draft.requestId === undefined ? undefined : idText(draft.requestId, 'request id'),
      metadata: draft.metadata,
      ...(draft.trace === undefined ? {} : { [TRACE_KEY]: traceCarrier(draft.trace) }),
    },
    sources,
  );
  const text = checkedText('task', message, EMPTY_PAYLOAD, draft.payloadText);
  return taskToSend(message, text, {
    direct: draft.direct,
    traceparent: draft.trace === undefined ? undefined : traceparent(draft.trace),
  });
}

/** With `own` text in the empty member, where there is one: a number is never rewritten on its way. Throws for what ends a router. */
export function checkedText(what: string, message: object, empty: string, own: string | undefined): string {
  let text = encodeMessage(message);
  if (own !== undefined) {
    // Quotes inside earlier values are escaped, so the first match is the member itself.
    const at = text.indexOf(empty) + empty.length - 2;
    text = text.slice(0, at) + own + text.slice(at + 2);
  }
  const hazard = pythonHazard(text);
  if (hazard !== undefined) throw new HeddleError('input_invalid', `the ${what} ${hazardWords(hazard)}`);
  return text;
}

export const EMPTY_PAYLOAD = '"payload":{}';

/** Any Heddle actor would take other names, and lose the task: see what a subject does with a space. */
function workerPart(workerType: string): string {
  const problem = partProblem(workerType);
  if (problem === undefined) return workerType;
  const shown = workerType.length > 60 ? `${workerType.slice(0, 60)}…` : workerType;
  throw new HeddleError('subject_invalid', `worker type ${JSON.stringify(shown)} ${problem}`, {
    hint: 'It becomes part of a NATS subject: letters, digits, underscores and dashes are best. Nothing was sent.',
  });
}

const LONGEST_ID = 1024;

/** Ids are any text for Heddle; half a surrogate pair ends the Python router when it prints its log. */
export function idText(id: string, what: string): string {
  const problem =
    id === ''
      ? 'is empty'
      : id.length > LONGEST_ID
        ? `has ${id.length} characters, ${LONGEST_ID} is the most`
        : /\p{Surrogate}/u.test(id)
          ? 'holds half of a surrogate pair'
          : undefined;
  if (problem === undefined) return id;
  throw new HeddleError('usage', `the ${what} ${problem}`, { hint: 'Leave it out to get a fresh one.' });
}

/** Without a parent, the answers to everybody's tasks come on one shared subject. */
export function withParent(draft: TaskDraft, sources: Pick<Sources, 'uuid'>): TaskDraft {
  return draft.parentId === undefined ? { ...draft, parentId: sources.uuid() } : draft;
}
