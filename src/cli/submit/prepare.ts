import { resolve } from 'node:path';
import { type Sources, systemUuid } from '../../contract/ids.ts';
import type { JsonObject } from '../../contract/json.ts';
import type { Prepared } from '../../delivery/prepared.ts';
import { HeddleError } from '../../errors.ts';
import type { PayloadCheck } from '../../submit/check-payload.ts';
import { prepareGoal } from '../../submit/goal-draft.ts';
import { prepareTask, type TaskDraft, withParent } from '../../submit/task-draft.ts';
import type { Session } from '../session.ts';
import { shownPath } from '../settings/files.ts';
import { goalDraft, readPayloadOf, taskFrame } from './drafts.ts';
import type { SubmitRequest } from './flags.ts';

/** The worker whose config was named: what it is called, its tier, and its judgement of payloads. */
export interface NamedWorker {
  readonly name: string;
  readonly tier: TaskDraft['tier'];
  readonly check: PayloadCheck;
}

export function sourcesOf(session: Session): Sources {
  return { now: session.io.clock.now, uuid: systemUuid };
}

/** The one message of this run, checked; nothing is connected yet. */
export async function prepareOne(session: Session, request: SubmitRequest): Promise<Prepared> {
  const { io } = session;
  const sources = sourcesOf(session);
  if (request.goal !== undefined) return prepareGoal(goalDraft(request, io.env), sources);
  const worker = await namedWorker(session, request);
  const payload = await readPayloadOf(request, io, session.stop);
  refuseWrongPayload(worker, request, payload);
  const draft: TaskDraft = { ...taskFrame(request, worker, io.env), payload: payload.value, payloadText: payload.text };
  return prepareTask(request.waitMs === undefined ? draft : withParent(draft, sources), sources);
}

export async function namedWorker(session: Session, request: SubmitRequest): Promise<NamedWorker | undefined> {
  const { config, strict, workerType } = request;
  if (config === undefined) return undefined;
  const { loadWorker, shallowCheck, strictCheck } = await import('../../submit/check-payload.ts');
  const shown = shownPath(config);
  const worker = loadWorker(resolve(session.io.cwd, config), shown);
  if (workerType !== undefined && workerType !== worker.name) {
    session.talk.warn(`the task is for "${workerType}", ${config} describes "${worker.name}"`);
  }
  const check = strict ? await strictCheck(worker, shown) : shallowCheck(worker);
  return { name: worker.name, tier: worker.tier, check };
}

export function refuseWrongPayload(
  worker: NamedWorker | undefined,
  request: SubmitRequest,
  payload: { readonly value: JsonObject; readonly text?: string | undefined },
): void {
  if (worker === undefined) return;
  const problems = worker.check(payload.value, payload.text ?? JSON.stringify(payload.value));
  if (problems.length === 0) return;
  const kind = request.strict ? 'the JSON Schema' : 'the schema';
  throw new HeddleError('input_invalid', `the payload breaks ${kind} of "${worker.name}":\n${problems.join('\n')}`, {
    hint: `Nothing was sent. input_schema stands in ${request.config}.`,
  });
}
