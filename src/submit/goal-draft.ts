import { buildGoal } from '../contract/build.ts';
import type { Sources } from '../contract/ids.ts';
import type { JsonObject } from '../contract/json.ts';
import type { Priority } from '../contract/messages.ts';
import { partProblem } from '../contract/subjects.ts';
import { TRACE_KEY, type TraceContext, traceCarrier, traceparent } from '../contract/trace-context.ts';
import { goalToSend, type Prepared } from '../delivery/prepared.ts';
import { HeddleError } from '../errors.ts';
import { checkedText, idText } from './task-draft.ts';

/** A goal for a pipeline or an orchestrator. */
export interface GoalDraft {
  readonly instruction: string;
  readonly context?: JsonObject | undefined;
  /** The context as JSON text, used as it is: `1.0` and 2^53+1 stay what they are. */
  readonly contextText?: string | undefined;
  /** Names the result subject: a part of it. */
  readonly goalId?: string | undefined;
  readonly priority?: Priority | undefined;
  readonly requestId?: string | undefined;
  readonly trace?: TraceContext | undefined;
}

/** A goal made ready to be sent, and checked as Heddle checks it. Throws `input_invalid`. */
export function prepareGoal(draft: GoalDraft, sources: Sources): Prepared {
  const message = buildGoal(
    {
      instruction: draft.instruction,
      goal_id: draft.goalId === undefined ? undefined : goalPart(draft.goalId),
      context: draft.contextText === undefined ? draft.context : {},
      priority: draft.priority,
      request_id: draft.requestId === undefined ? undefined : idText(draft.requestId, 'request id'),
      ...(draft.trace === undefined ? {} : { [TRACE_KEY]: traceCarrier(draft.trace) }),
    },
    sources,
  );
  const text = checkedText('goal', message, EMPTY_CONTEXT, draft.contextText);
  return goalToSend(message, text, {
    traceparent: draft.trace === undefined ? undefined : traceparent(draft.trace),
  });
}

const EMPTY_CONTEXT = '"context":{}';

function goalPart(goalId: string): string {
  const problem = partProblem(goalId);
  if (problem === undefined) return goalId;
  throw new HeddleError('subject_invalid', `goal id ${JSON.stringify(goalId.slice(0, 60))} ${problem}`, {
    hint: 'It names the subject of the answer: letters, digits, underscores and dashes are best. Leave it out to get a fresh one.',
  });
}
