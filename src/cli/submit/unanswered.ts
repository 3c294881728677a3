import type { Outcome } from '../../delivery/wait/outcome.ts';
import { isHeddleError } from '../../errors.ts';
import type { Transport } from '../../transport/transport.ts';
import { withAdvice } from '../remedies.ts';
import { disarmLine } from '../screen/disarm.ts';
import type { Session } from '../session.ts';

/** More are not told of: they are in the results. */
const MOST_TYPES = 3;

/** Of a batch: for whom nobody answered in time, and whether somebody listens at all. */
export class Unanswered {
  readonly #types = new Set<string>();

  note({ workerType }: { readonly workerType: string }, { kind }: Outcome): void {
    if (kind === 'timeout' && this.#types.size < MOST_TYPES) this.#types.add(workerType);
  }

  /** Asks who listens, once, where there is anything to tell. Whoever cannot be asked changes nothing. */
  async tell({ talk, io, stop }: Session, transport: Transport): Promise<void> {
    if (this.#types.size === 0 || stop.aborted) return;
    const [{ readTopology }, { readHttpWorkers }, { unservedType }] = await Promise.all([
      import('../../topology/read-topology.ts'),
      import('../../topology/read-http-workers.ts'),
      import('../../submit/verify.ts'),
    ]);
    const asking = { signal: stop, clock: io.clock };
    try {
      const map = await readTopology(transport, asking);
      if (!map.known || map.gaps.length > 0) return;
      const http = await readHttpWorkers(transport, map, asking);
      for (const type of this.#types) {
        const unserved = unservedType(type, map, http);
        if (unserved !== undefined) talk.warn(withAdvice({ ...unserved, message: disarmLine(unserved.message) }));
      }
    } catch (thrown) {
      if (!isHeddleError(thrown)) throw thrown;
    }
  }
}
