import { plainAdvice, type SomeAdvice } from '../remedy.ts';
import { httpWorkersDocument, mapDocument, problemDocuments } from '../topology/document.ts';
import { countOf, HTTP_UNASKED, type HttpWorkers, lanesFor } from '../topology/http-workers.ts';
import { type Kept, NOTHING_KEPT } from '../topology/kept.ts';
import { servesTier, type Topology, type WorkerView } from '../topology/topology.ts';
import type { Expected, ExpectedWorker } from './expected.ts';

/** How the configs and the bus differ; empty lists when no configs were given. */
export interface Difference {
  /** Configured, and nobody listens on the tier that its tasks go to, or on any where that depends on who asks. */
  readonly absent: readonly { readonly type: string; readonly tier: string; readonly file: string }[];
  /** On the bus, and in none of the configs. */
  readonly unconfigured: readonly { readonly type: string; readonly tier: string }[];
}

export function differenceOf(
  map: Topology,
  expected: Expected | undefined,
  http: HttpWorkers = HTTP_UNASKED,
): Difference {
  if (expected === undefined) return { absent: [], unconfigured: [] };
  const { workers } = expected;
  return {
    absent: workers
      .filter((worker) => !map.workers.some((each) => isServedBy(worker, each)) && !isServedOverHttp(worker, http))
      .map(({ type, routedTier, file }) => ({ type, tier: routedTier, file })),
    unconfigured: map.workers
      .filter((each) => !workers.some((worker) => isServedBy(worker, each)))
      .map(({ type, tier }) => ({ type, tier })),
  };
}

function isServedOverHttp({ type, routedTier, decidedBy }: ExpectedWorker, http: HttpWorkers): boolean {
  return lanesFor(http, type, decidedBy === 'rules' ? routedTier : undefined).some((lane) => countOf(lane) > 0);
}

/** Where the router does not decide the tier, a worker on any of them may be the right one. */
function isServedBy({ type, routedTier, decidedBy }: ExpectedWorker, seen: WorkerView): boolean {
  return seen.type === type && (decidedBy !== 'rules' || servesTier(seen, routedTier));
}

/** The map as programs read it; schemas/output/status.schema.json describes it. `words`: the wording of what to do. */
export function statusDocument(
  map: Topology,
  expected: Expected | undefined,
  words: (advice: SomeAdvice) => string = plainAdvice,
  kept: Kept | 'unknown' = NOTHING_KEPT,
  http: HttpWorkers = HTTP_UNASKED,
): Readonly<Record<string, unknown>> {
  return {
    schema_version: 1,
    ok: true,
    ...mapDocument(map),
    http_workers: httpWorkersDocument(http),
    configured: expected === undefined ? null : differenceOf(map, expected, http),
    problems: problemDocuments(map, words, kept, http),
    gaps: map.gaps,
  };
}
