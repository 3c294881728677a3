import { wireTime } from '../../contract/wire-time.ts';
import { isHeddleError } from '../../errors.ts';
import type { SomeAdvice } from '../../remedy.ts';
import type { Clock } from '../../time/clock.ts';
import { within } from '../../time/wait.ts';
import { httpWorkersDocument, mapDocument, problemDocuments } from '../../topology/document.ts';
import { readHttpWorkers } from '../../topology/read-http-workers.ts';
import { readKept } from '../../topology/read-kept.ts';
import { readTopology } from '../../topology/read-topology.ts';
import type { Transport } from '../../transport/transport.ts';
import { busDown } from '../bus.ts';

const PATIENCE_MS = 2_000;

/** Who is on the bus, and what is wrong there. Where the servers do not tell, that is the answer. */
export async function busMap(
  transport: Transport,
  clock: Clock,
  words: (advice: SomeAdvice) => string,
): Promise<Readonly<Record<string, unknown>>> {
  const keeping = readKept(transport);
  // Whoever is gone meanwhile says so below.
  keeping.catch(() => {});
  try {
    const map = await readTopology(transport, { timeoutMs: PATIENCE_MS, clock });
    const head = { schema_version: 1, known: map.known, at: wireTime(clock.now()) };
    if (!map.known) return { ...head, reason: map.reason, hint: words(map), problems: [], gaps: [] };
    const kept = (await within(clock, keeping, PATIENCE_MS)) ? await keeping : 'unknown';
    const http = await readHttpWorkers(transport, map, { clock });
    return {
      ...head,
      ...mapDocument(map),
      http_workers: httpWorkersDocument(http),
      problems: problemDocuments(map, words, kept, http),
      gaps: [...map.gaps, ...http.unknown],
    };
  } catch (thrown) {
    throw isHeddleError(thrown) ? busDown(thrown) : thrown;
  }
}
