import { takeTask } from '../../contract/taken-task.ts';
import { stemIn, stemOf } from '../lease/handle.ts';
import { gatewayProblem } from '../problems.ts';
import type { Bridge } from './bridge.ts';
import type { WorkJob } from './job.ts';
import type { Passed } from './peers.ts';

/** What the stream and its records know of a task is enough to answer for it. */
const TRIES = 3;

/**
 * Takes over the lease of a replica that is gone, so that its worker can answer here. False where nothing is known of the handle, or
 * it is somebody else's. Throws the problem of a lease that is no more.
 */
export async function adopt(
  bridge: Bridge,
  { handle, owner, types }: Passed,
  leaseId: string | undefined,
): Promise<boolean> {
  const { durable, core, ledger } = bridge;
  if (durable === undefined) return false;
  const { clock, uuid } = core;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const found = await durable.records.find(handle);
    const lane = found === undefined ? undefined : bridge.lanes.get(found.record.lane);
    if (found === undefined || lane === undefined) return false;
    const { record } = found;
    if (record.owner !== owner || !types.includes(lane.type)) return false;
    if (record.handle !== handle || (leaseId !== undefined && record.lease_id !== leaseId)) {
      throw gatewayProblem('stale_lease', { detail: 'the task was taken from this worker: somebody else has it' });
    }
    if (record.expires_at === 0) throw gatewayProblem('stale_lease', { detail: 'the task went back to the stream' });
    const now = clock.now();
    if (record.expires_at <= now) throw gatewayProblem('lease_expired', { detail: 'the time of this lease is over' });
    const queue = durable.queues.get(lane.type);
    const data = await queue?.message(record.seq);
    if (data === undefined) throw gatewayProblem('already_resolved', { detail: 'this task has its answer already' });
    const task = takeTask(data, uuid);
    // One of us alone: the other one reads again, and finds that it has changed.
    const revision = await durable.records.replace(record, found.revision);
    if (revision === undefined || 'reason' in task) continue;
    const { taskId } = task;
    const job: WorkJob = {
      taskId,
      twin: stemIn(record.handle) === stemOf({ taskId }) ? undefined : record.seq,
      lane: lane.name,
      type: lane.type,
      tier: lane.tier,
      task,
      attempt: record.attempt,
      deliveries: record.delivery - 1,
      memo: { checkpoint: record.checkpoint ?? undefined },
      stored: { seq: record.seq, token: record.token, record, revision },
    };
    const toElapsed = clock.elapsed() - now;
    ledger.adopt({
      job,
      handle,
      leaseId: record.lease_id,
      owner,
      delivery: record.delivery,
      termMs: lane.config.leaseS * 1000,
      grantedAt: record.granted_at + toElapsed,
      expiresAt: record.expires_at + toElapsed,
    });
    bridge.sourceOf(job).adopt(job);
    return true;
  }
  return false;
}
