import { plainAdvice, type SomeAdvice } from '../remedy.ts';
import { mapDocument, problemDocuments } from '../topology/document.ts';
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

export function differenceOf(map: Topology, expected: Expected | undefined): Difference {
  if (expected === undefined) return { absent: [], unconfigured: [] };
  const { workers } = expected;
  return {
    absent: workers
      .filter((worker) => !map.workers.some((each) => isServedBy(worker, each)))
      .map(({ type, routedTier, file }) => ({ type, tier: routedTier, file })),
    unconfigured: map.workers
      .filter((each) => !workers.some((worker) => isServedBy(worker, each)))
      .map(({ type, tier }) => ({ type, tier })),
  };
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
): Readonly<Record<string, unknown>> {
  return {
    schema_version: 1,
    ok: true,
    ...mapDocument(map),
    configured: expected === undefined ? null : differenceOf(map, expected),
    problems: problemDocuments(map, words, kept),
    gaps: map.gaps,
  };
}
