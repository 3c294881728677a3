import { isHeddleError } from '../../errors.ts';
import { servesTier } from '../../topology/topology.ts';
import { disarmLine, quoted } from '../screen/disarm.ts';
import type { Job } from './job.ts';

/** Where nobody listens, a task that went past the router may have been meant for another name or tier. Whoever cannot be asked changes nothing. */
export async function tellMeant({ session, prepared, transport }: Job): Promise<void> {
  const { direct, workerType, tier } = prepared;
  if (!direct || workerType === undefined || session.stop.aborted) return;
  const [{ readTopology }, { didYouMean }, { knownTypes }] = await Promise.all([
    import('../../topology/read-topology.ts'),
    import('../../suggest.ts'),
    import('./known-types.ts'),
  ]);
  try {
    const map = await readTopology(transport, { signal: session.stop, clock: session.io.clock });
    const workers = map.known ? map.workers : [];
    const ours = workers.filter(({ type }) => type === workerType);
    // It came meanwhile.
    if (ours.some((worker) => servesTier(worker, tier ?? ''))) return;
    const tiers = ours.map((worker) => worker.tier);
    const types = tiers.length > 0 ? [] : [...workers.map(({ type }) => type), ...(await knownTypes(session.io))];
    const meant =
      tiers.length > 0
        ? `it listens on ${tiers.join(', ')}, and the task went to ${tier}`
        : didYouMean(workerType, types);
    if (meant !== undefined) session.talk.warn(disarmLine(`${quoted(workerType)}: ${meant}`));
  } catch (thrown) {
    if (!isHeddleError(thrown)) throw thrown;
  }
}
