import { readJsonObject } from '../../contract/decode-json.ts';
import { ALL_RESULTS } from '../../contract/subjects.ts';
import type { Subscription } from '../../transport/transport.ts';
import type { Bridge } from './bridge.ts';

/**
 * Listens for results of tasks that are handed out here and that none of our workers answered: somebody else works on the type beside
 * the stream, or the task came more than once. What has its result is done.
 */
export function watchForeign(bridge: Bridge): Subscription {
  const { core, ledger, numbers } = bridge;
  return core.bus.transport.subscribe(ALL_RESULTS, ({ data }) => {
    if (ledger.open === 0) return;
    // Most are results of ours, whose leases have ended.
    const plain = plainId(data);
    if (plain !== undefined && ledger.openWith(plain).length === 0) return;
    const read = readJsonObject(data);
    const taskId = read.ok ? read.value.task_id : undefined;
    if (typeof taskId !== 'string') return;
    // Of two messages with one id, the answer to one is the result of both.
    const isOurs = ledger.isAnswered(taskId);
    for (const lease of ledger.openWith(taskId)) {
      if (lease.job.stored === undefined || !ledger.revoke(lease)) continue;
      const { job } = lease;
      if (!isOurs) numbers.foreign(job.type);
      bridge.sourceOf(job).finished(job);
      const reason = isOurs
        ? 'another message with its id has its result'
        : 'a result that no worker of this gateway gave is on the bus';
      core.log({ kind: 'work_ended', lane: job.lane, taskId, how: 'foreign', reason });
    }
  });
}

/** As all write it: first, and of plain characters. */
const FIRST = /^\{"task_id": ?"([\w.:-]+)"/;
const KEY = '"task_id"';

/** The id of what need not be read for it; undefined says nothing. Of two members of one name the last one would count. */
function plainId(data: Uint8Array): string | undefined {
  const text = Buffer.from(data.buffer, data.byteOffset, data.length).toString('latin1');
  return text.lastIndexOf(KEY) === 1 && !text.includes('\\') ? FIRST.exec(text)?.[1] : undefined;
}
