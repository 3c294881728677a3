import type { Percentiles } from './histogram.ts';

/** Everything counted so far. */
export interface Snapshot {
  readonly elapsedMs: number;
  /** Messages that reached us. */
  readonly received: number;
  readonly receivedBytes: number;
  /** Of these, what passed the filters. */
  readonly passed: number;
  readonly passedBytes: number;
  /** Shown although a pattern of the user's took too long on them. */
  readonly undecided: number;
  readonly perSecond: number;
  readonly kinds: readonly Counted[];
  readonly statuses: readonly Counted[];
  readonly workers: readonly WorkerFigures[];
  /** Workers beyond the first thousand are counted together. */
  readonly otherWorkers: number;
  /** What workers say their tasks took. */
  readonly processing: Percentiles | undefined;
  readonly gaps: GapFigures;
  readonly pairs: PairFigures | undefined;
  readonly invalid: number | undefined;
}

export interface Counted {
  readonly name: string;
  readonly count: number;
}

export interface WorkerFigures extends Counted {
  readonly failed: number;
  readonly processing: Percentiles | undefined;
}

export interface GapFigures {
  readonly count: number;
  /** Messages known to be lost. */
  readonly missed: number;
  /** Gaps of which nobody knows how much they swallowed. */
  readonly unknown: number;
}

export interface PairFigures {
  readonly latency: Percentiles | undefined;
  readonly duplicates: number;
  readonly late: number;
  readonly orphans: number;
  readonly waiting: number;
  readonly forgotten: number;
}
