import type { Expected } from '../../preflight/expected.ts';
import type { Kept } from '../../topology/kept.ts';
import type { Topology } from '../../topology/topology.ts';

/** What is known of the bus at one moment. */
export interface Seen {
  readonly map: Topology;
  /** What streams keep of it. */
  readonly kept: Kept | 'unknown';
}

export interface StatusView extends Seen {
  /** The server, or that it was the monitoring port. */
  readonly where: string;
  /** What configs say should be there; undefined when none were named. */
  readonly expected: Expected | undefined;
}

/** The whole picture as text, its last line ended. */
export type StatusWriter = (view: StatusView) => string;
