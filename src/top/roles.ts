import { HTTP_UNASKED, type HttpWorkers } from '../topology/http-workers.ts';
import type { Kept } from '../topology/kept.ts';
import type { Problem } from '../topology/problem.ts';
import { problemsOf } from '../topology/problems.ts';
import type { Topology, Unknown } from '../topology/topology.ts';

/** Who is on the bus, as the servers said when they were last asked. */
export type Roles =
  | {
      readonly known: true;
      readonly map: Topology;
      readonly http: HttpWorkers;
      readonly problems: readonly Problem[];
      /** Milliseconds since 1970. */
      readonly readAt: number;
      /** Why it could not be read since then. */
      readonly stale: string | undefined;
    }
  | { readonly known: false; readonly reason: string; readonly readAt: undefined };

/** What one reading of the servers came to. */
export interface Reading {
  readonly map: Topology | Unknown;
  readonly kept: Kept | 'unknown';
  /** Default: the gateways were not asked. */
  readonly http?: HttpWorkers | undefined;
  /** What the question cost the servers; default: as long as the whole reading took. */
  readonly tookMs?: number | undefined;
}

export function rolesOf({ map, kept, http = HTTP_UNASKED }: Reading, now: number, before: Roles): Roles {
  if (map.known)
    return { known: true, map, http, problems: problemsOf(map, kept, http), readAt: now, stale: undefined };
  return unread(map.reason, before);
}

/** What was known is still shown, and that it is old. */
export function unread(reason: string, before: Roles): Roles {
  return before.known ? { ...before, stale: reason } : { known: false, reason, readAt: undefined };
}
