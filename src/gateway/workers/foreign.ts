import { readJsonObject } from '../../contract/decode-json.ts';
import { ALL_RESULTS } from '../../contract/subjects.ts';
import type { Subscription } from '../../transport/transport.ts';
import type { Bridge } from './bridge.ts';

/**
 * Listens for results of tasks that are handed out here and that none of our workers answered: somebody else works on the type beside
 * the stream. What has its result is done.
 */
export function watchForeign(bridge: Bridge): Subscription {
  const { core, ledger, numbers } = bridge;
  return core.bus.transport.subscribe(ALL_RESULTS, ({ data }) => {
    if (ledger.open === 0) return;
    const read = readJsonObject(data);
    const taskId = read.ok ? read.value.task_id : undefined;
    const lease = typeof taskId === 'string' ? ledger.openOf(taskId) : undefined;
    if (lease?.job.stored === undefined || !ledger.revoke(lease)) return;
    const { job } = lease;
    numbers.foreign(job.type);
    bridge.sourceOf(job).finished(job);
    const reason = 'a result that no worker of this gateway gave is on the bus';
    core.log({ kind: 'work_ended', lane: job.lane, taskId: job.taskId, how: 'foreign', reason });
  });
}
