import type { Advice } from '../remedy.ts';
import { hearersOf } from '../topology/hearers.ts';
import type { Topology, Unknown } from '../topology/topology.ts';
import { describeConnection } from '../topology/wording.ts';
import type { Heard } from './heard.ts';
import { partFor, workerFor } from './missing.ts';
import type { Prepared } from './prepared.ts';

/** What the map of the bus adds to the server's word that somebody heard. */
export interface Verification {
  readonly heard: Heard;
  /** Nobody is there who would act on it: only these look on. */
  readonly onlyWatchers: readonly string[];
  /** Worth knowing, and no reason to stop. */
  readonly warnings: readonly Warning[];
}

export interface Warning extends Advice {
  readonly message: string;
}

export function verifyHeard(prepared: Prepared, heard: Heard, map: Topology | Unknown): Verification {
  if (!map.known) {
    return { heard, onlyWatchers: [], warnings: [{ message: `who heard it cannot be verified: ${map.reason}` }] };
  }
  const { actors, watchers } = hearersOf(map, prepared.subject);
  const warnings = map.gaps.map((gap) => ({ message: `the map of the bus is not whole: ${gap}` }));
  if (actors.length > 0) {
    return { heard: 'yes', onlyWatchers: [], warnings: [...warnings, ...warningsFor(prepared, map, actors.length)] };
  }
  if (watchers.length === 0) return { heard, onlyWatchers: [], warnings };
  return { heard: 'unknown', onlyWatchers: watchers.map((each) => describeConnection(each.connection)), warnings };
}

function warningsFor(prepared: Prepared, map: Topology, listeners: number): Warning[] {
  const { part } = partFor(prepared);
  const warnings: Warning[] = [];
  const groups = new Set(hearersOf(map, prepared.subject).actors.map((each) => each.queue));
  const copies = groups.has(undefined) ? listeners : groups.size;
  if (copies > 1) {
    warnings.push({ message: `the work is done ${copies} times: so many ${part}s take it each for itself` });
  }
  if (prepared.kind === 'task' && !prepared.direct) {
    const { workerType = '' } = prepared;
    const workers = map.workers.filter((worker) => worker.type === workerType);
    if (workers.length === 0) {
      warnings.push({
        message: `no worker listens for "${workerType}" on any tier: the router will send it where nobody is.`,
        remedy: workerFor(workerType, '').remedy,
      });
    } else if (!workers.some((worker) => worker.tier === prepared.tier)) {
      const tiers = workers.map((worker) => worker.tier).join(', ');
      warnings.push({
        message: `"${workerType}" listens on ${tiers}, the task asks for ${prepared.tier}: right only if the router overrides the tier`,
      });
    }
  }
  return warnings;
}
