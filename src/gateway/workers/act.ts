import { outputProblem } from '../../contract/judge-output.ts';
import { partProblem } from '../../contract/subjects.ts';
import { wireTime } from '../../contract/wire-time.ts';
import { isHeddleError } from '../../errors.ts';
import { Problem } from '../../http/problem.ts';
import { afterFailure } from '../lease/retry.ts';
import { gatewayProblem } from '../problems.ts';
import type { Action } from './action.ts';
import type { Bridge, Told } from './bridge.ts';
import { expiryText, nextOf, runOf, type WorkJob, type WorkLease } from './job.ts';
import type { Signals } from './signals.ts';

/** Where whoever follows a task hears how far it is. Never where results are: readers take the first message there for the end. */
const PROGRESS = 'heddle.gateway.progress.';

/** Those that end a lease. */
export type Ending = Extract<Action, { kind: 'complete' | 'fail' | 'release' | 'pause' }>;
/** Those after which it goes on. */
export type Sign = Exclude<Action, Ending>;

export function isEnding(action: Action): action is Ending {
  return ['complete', 'fail', 'release', 'pause'].includes(action.kind);
}

/** What ends a lease; resolves when it is true. Throws a problem where it is not, now or then, and the lease stands. */
export function end(bridge: Bridge, lease: WorkLease, action: Ending): Told | Promise<Told> {
  switch (action.kind) {
    case 'complete':
      return complete(bridge, lease, action);
    case 'fail': {
      const { job } = lease;
      const verdict = afterFailure(action.failure, job.attempt, bridge.laneOf(job).config.maxAttempts);
      if (!verdict.again) {
        const told = { status: 'failed', retried: false };
        return result(bridge, lease, { status: 'failed', error: action.error }, told);
      }
      const { attempt, afterMs } = verdict;
      bridge.numbers.task(job.type, 'retried');
      const volatile = bridge.sourceOf(job).again(nextOf(lease, attempt), afterMs);
      return { status: 'retrying', retried: true, next_attempt: attempt, retry_after_ms: afterMs, volatile };
    }
    case 'release':
      bridge.numbers.task(lease.job.type, 'released');
      return { status: 'released', volatile: bridge.sourceOf(lease.job).again(nextOf(lease), 0) };
    case 'pause': {
      const { job } = lease;
      if (action.checkpoint !== undefined) job.memo.checkpoint = action.checkpoint;
      bridge.numbers.task(job.type, 'paused');
      const volatile = bridge.sourceOf(job).again(nextOf(lease), action.durationMs);
      return { status: 'paused', duration_ms: action.durationMs, volatile };
    }
  }
}

function complete(
  bridge: Bridge,
  lease: WorkLease,
  { output, value, isObject, modelUsed, tokenUsage, metadata }: Extract<Action, { kind: 'complete' }>,
): Promise<Told> {
  const { job } = lease;
  const { wrapOutput } = bridge.laneOf(job).config;
  if (!isObject && wrapOutput === undefined) {
    throw gatewayProblem('invalid_output', {
      detail: 'the output is no object',
      errors: [{ pointer: '/output', problem: 'must be an object' }],
    });
  }
  const text = isObject ? output : `{${JSON.stringify(wrapOutput)}:${output}}`;
  const schema = text === 'null' ? undefined : bridge.core.live().outputs.get(job.type);
  const wrong = outputProblem(text, schema, isObject ? value : undefined);
  if (wrong !== undefined) {
    const told = { status: 'failed', retried: false, error: wrong };
    return result(bridge, lease, { status: 'failed', error: wrong }, told);
  }
  const what = {
    status: 'completed',
    output: {},
    model_used: modelUsed,
    token_usage: tokenUsage,
    metadata,
  } as const;
  return result(bridge, lease, what, COMPLETED, text);
}

/** One for all of them: it is remembered with each. */
const COMPLETED: Told = { status: 'completed' };

/** What is told of a result that may be on the bus or not. */
const IN_DOUBT: Told = {
  confirmed: false,
  detail:
    'the bus did not confirm the result: it may have arrived or not. It is not sent again, because a second result for one task is worse; where it did not arrive, whoever sent the task learns so by its own time limit. The worker has nothing more to do.',
};

/**
 * The one result of a task. As everywhere here, what was under way when a connection broke is reported, and not sent a second time:
 * then that is told beside `told`.
 */
async function result(
  bridge: Bridge,
  lease: WorkLease,
  what: Parameters<Bridge['answers']['give']>[1],
  told: Told,
  outputText?: string,
): Promise<Told> {
  const { job, grantedAt } = lease;
  const ms = bridge.core.clock.elapsed() - grantedAt;
  let isInDoubt = false;
  try {
    await bridge.answers.give(job, { ...what, processing_time_ms: ms }, outputText);
  } catch (thrown) {
    if (thrown instanceof Problem && thrown.code === 'unconfirmed') isInDoubt = true;
    else if (!isHeddleError(thrown) || thrown.code !== 'input_invalid') throw thrown;
    // What stands beside the output, such as counts that are none.
    else throw gatewayProblem('invalid_action', { detail: thrown.message, cause: thrown });
  }
  bridge.numbers.task(job.type, what.status);
  if (isInDoubt) {
    const { type, lane, taskId } = job;
    bridge.numbers.task(type, 'unconfirmed');
    const reason = 'the bus did not confirm its result';
    bridge.core.log({ kind: 'work_ended', lane, taskId, how: 'unconfirmed', reason });
  }
  bridge.sourceOf(job).finished(job);
  return isInDoubt ? { ...told, ...IN_DOUBT } : told;
}

/** What leaves the lease open, and extends it. */
export async function sign(bridge: Bridge, lease: WorkLease, action: Sign, signals: Signals): Promise<Told> {
  const { job } = lease;
  const { clock } = bridge.core;
  if (action.kind === 'checkpoint') job.memo.checkpoint = action.data;
  bridge.ledger.extend(lease);
  await bridge.sourceOf(job).extended(lease);
  const told = { status: 'leased', lease_expires_at: expiryText(lease, clock) };
  if (action.kind === 'progress') return { ...told, published: publishProgress(bridge, job, action.members) };
  if (action.kind === 'send_signal') {
    await signals.send(action.runId ?? runOf(job), action.name, action.data);
    return { ...told, volatile: !signals.areKept };
  }
  return told;
}

/** False where the id of the task can be no part of a subject, or the bus is away: nobody is told then. */
function publishProgress({ core }: Bridge, { task }: WorkJob, members: string): boolean {
  const { taskId, parentTaskId, workerType, message } = task;
  if (!core.bus.up || partProblem(taskId) !== undefined) return false;
  const head = JSON.stringify({
    task_id: taskId,
    parent_task_id: parentTaskId,
    request_id: message.request_id ?? null,
    worker_type: workerType,
    at: wireTime(core.clock.now()),
  });
  core.bus.transport.publish(`${PROGRESS}${taskId}`, `${head.slice(0, -1)}${members}}`);
  return true;
}
