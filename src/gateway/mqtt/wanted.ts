import { type Problem, problem } from '../../http/problem.ts';
import type { Core } from '../core.ts';
import type { Order } from '../requests/intake.ts';
import { orderOf, traceFrom, type Work } from '../requests/order.ts';
import { inputIssues, invalid } from '../requests/read-work.ts';
import { REQUEST_PREFIX, type RequestRecord } from '../requests/record.ts';
import { asJson } from '../webhook/body.ts';
import { sourceOf } from '../webhook/render.ts';
import type { CborReader } from './cbor.ts';
import type { MqttMessage } from './message.ts';
import { type Session, taskIdFor } from './message-id.ts';
import { answerWanted } from './reply.ts';
import { type Ruled, textOf, translate } from './translate.ts';

/** A task whose answer nobody here waits for, has a parent of its own: its result is no business of the store. */
const UNASKED_PREFIX = 'mqtt-';

/** What a message asks for, and under which ids. */
export interface Wanted {
  readonly order: Order;
  readonly work: Work;
  /** Where its answer is wanted; undefined: nowhere. */
  readonly reply: RequestRecord['reply'];
  readonly requestId: string;
  /** It may have been asked before. */
  readonly mayStand: boolean;
}

interface Surroundings {
  readonly core: Core;
  readonly session: Session;
  readonly readCbor: CborReader | undefined;
}

/** Throws the problem of what cannot be work. */
export function wantedOf(message: MqttMessage, ruled: Ruled, { core, session, readCbor }: Surroundings): Wanted {
  const { rule } = ruled;
  const { config, inputs } = core.live();
  if (message.payload.length > config.limits.bodyBytes) throw tooLarge(message, config.limits.bodyBytes);
  const { work, source } = translate(message, ruled, readCbor);
  checkInput(work, inputs);
  const given = rule.id === undefined ? undefined : textOf(rule.id, source);
  const taskId = taskIdFor(message, session, given, core.uuid);
  const reply = answerWanted(message, rule, sourceOf({ task_id: asJson(taskId) }, source));
  const id = (reply === undefined ? UNASKED_PREFIX : REQUEST_PREFIX) + taskId;
  const requestId = REQUEST_PREFIX + taskId;
  const order = orderOf(
    work,
    {
      id: work.kind === 'goal' ? id : requestId,
      parent: id,
      owner: ownerOf(session.input),
      bodyHash: undefined,
      requestId,
      trace: traceFrom(tracingOf(message)),
      ttlS: config.store.ttlS,
      again: undefined,
      waitMs: undefined,
      until: undefined,
    },
    core.clock.now(),
  );
  return { order, work, reply, requestId, mayStand: message.duplicate || given !== undefined };
}

/** Whose its requests are in the store. */
export function ownerOf(name: string): string {
  return `mqtt/${name}`;
}

/** As its worker would judge it, where its config is known. */
function checkInput(work: Work, inputs: ReturnType<Core['live']>['inputs']): void {
  if (work.kind !== 'task' || !inputs.has(work.workerType)) return;
  const payload: unknown = JSON.parse(work.payload);
  const issues = inputIssues(work.workerType, payload, `{"payload":${work.payload}}`, inputs);
  if (issues.length > 0) throw invalid('task', issues);
}

/** W3C's headers as user properties. */
function tracingOf({ properties }: MqttMessage): Readonly<Record<string, string | undefined>> {
  const { traceparent, tracestate } = properties.userProperties ?? {};
  const one = (value: string | readonly string[] | undefined) => (typeof value === 'string' ? value : undefined);
  return { traceparent: one(traceparent), tracestate: one(tracestate) };
}

function tooLarge({ payload }: MqttMessage, most: number): Problem {
  return problem('body_too_large', { detail: `the payload has ${payload.length} bytes, and ${most} are taken` });
}
