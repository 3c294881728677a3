import type { Expected } from '../../preflight/expected.ts';
import type { Topology } from '../../topology/topology.ts';

export interface StatusView {
  readonly map: Topology;
  /** The server, or that it was the monitoring port. */
  readonly where: string;
  /** What configs say should be there; undefined when none were named. */
  readonly expected: Expected | undefined;
}

/** The whole picture as text, its last line ended. */
export type StatusWriter = (view: StatusView) => string;
