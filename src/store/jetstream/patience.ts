import type { Clock } from '../../time/clock.ts';
import { sleep } from '../../time/wait.ts';
import type { Transport } from '../../transport/transport.ts';
import { isNotEnabled, isTimeout, mayHaveStreams, mayPass } from './failure.ts';

/**
 * A cluster that lost its leader has another one after five to eight seconds; until then nobody answers for streams, and who asked hears
 * nothing later either: the last one to ask begins after that.
 */
export const ELECTION_MS = 12_000;
const PAUSE_MS = 250;

interface Patience {
  readonly bus: Transport;
  readonly clock: Clock | undefined;
  readonly forMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks what changes nothing, or has what is done twice done once (a stream is made), and again while the answer is that nobody can give
 * one now. Where there is no JetStream, nobody waits.
 */
export async function patiently<T>(patience: Patience, ask: () => Promise<T>): Promise<T> {
  const { bus, clock, forMs = ELECTION_MS, signal } = patience;
  if (clock === undefined) return await ask();
  const begun = clock.elapsed();
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const passes = mayPass(error) && !isNotEnabled(error) && (!isTimeout(error) || mayHaveStreams(bus.info));
      if (!passes || signal?.aborted === true || clock.elapsed() - begun >= forMs) throw error;
      // Over a connection that was closed meanwhile nobody answers any more.
      const gone = bus.closed.then(() => true);
      if (await Promise.race([gone, sleep(clock, PAUSE_MS, signal).then(() => false)])) throw error;
    }
  }
}
