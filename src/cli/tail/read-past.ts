import { catchUp, type Overlap } from '../../tail/catch-up.ts';
import { openHistory } from '../../tail/history.ts';
import type { Tail } from '../../tail/tail.ts';
import type { Clock } from '../../time/clock.ts';
import type { Transport } from '../../transport/transport.ts';
import type { Session } from '../session.ts';
import type { TailRequest } from './request.ts';

/** Shows what streams kept, then lets go of what came live meanwhile. */
export async function readPast(
  session: Session,
  { since, last, patterns, follow }: TailRequest,
  tail: Tail,
  transport: Transport,
  overlap: Overlap,
  clock: Clock,
): Promise<void> {
  const from =
    since === undefined ? { last: last ?? 0 } : { since: 'at' in since ? since.at : clock.now() - since.agoMs };
  const history = await openHistory(transport, { patterns, from, signal: session.stop, clock });
  overlap.pastIsFound();
  const { streams, uncaptured } = history;
  session.talk.info(`the past comes from ${streams.map((name) => JSON.stringify(name)).join(', ')}`);
  if (uncaptured.length > 0) session.talk.warn(`no stream keeps ${uncaptured.join(', ')}: of these there is no past`);
  try {
    if (!follow) tail.start();
    await catchUp(history, tail, overlap, clock);
  } finally {
    await history.close().catch(() => {});
  }
  if (follow) tail.resume();
  else tail.stop('end_of_input');
}
