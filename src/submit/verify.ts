import type { Heard, Hearing } from '../delivery/heard.ts';
import type { Prepared } from '../delivery/prepared.ts';
import type { Advice } from '../remedy.ts';
import { didYouMean } from '../suggest.ts';
import { hearersOf } from '../topology/hearers.ts';
import { countOf, HTTP_NONE, type HttpLane, type HttpWorkers, lanesFor } from '../topology/http-workers.ts';
import { typeKeptIn } from '../topology/kept.ts';
import { servesTier, type Topology, type Unknown } from '../topology/topology.ts';
import { describeConnection } from '../topology/wording.ts';
import { partFor, workerFor } from './missing.ts';

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

/** `http`: who works over HTTP, as the gateways say. */
export function verifyHeard(
  prepared: Prepared,
  hearing: Hearing,
  map: Topology | Unknown,
  http: HttpWorkers = HTTP_NONE,
): Verification {
  const { heard } = hearing;
  if (!map.known) {
    return { heard, onlyWatchers: [], warnings: [{ message: `who heard it cannot be verified: ${map.reason}` }] };
  }
  const { actors, watchers } = hearersOf(map, prepared.subject);
  const warnings = map.gaps.map((gap) => ({ message: `the map of the bus is not whole: ${gap}` }));
  if (actors.length > 0) {
    return {
      heard: 'yes',
      onlyWatchers: [],
      warnings: [...warnings, ...warningsFor(prepared, map, actors.length, http)],
    };
  }
  if (hearing.storedBy !== undefined && isHandedOut(hearing.storedBy, prepared, http)) {
    return { heard, onlyWatchers: [], warnings };
  }
  if (watchers.length === 0) return nobodyOn(map, prepared.subject, hearing, warnings);
  return { heard: 'unknown', onlyWatchers: watchers.map((each) => describeConnection(each.connection)), warnings };
}

/** A map that is whole shows nobody, and yet the server did not say so: a stream explains that, or something hidden does. */
function nobodyOn(map: Topology, subject: string, hearing: Hearing, warnings: readonly Warning[]): Verification {
  const { heard, storedBy } = hearing;
  if (map.gaps.length > 0) return { heard, onlyWatchers: [], warnings };
  if (storedBy !== undefined) return { heard: 'no', onlyWatchers: [], warnings };
  const message = `the map of the bus shows nobody who listens on ${subject}: what took it, if anything did, may be a JetStream stream that acknowledges nothing, or a listener of another account`;
  return { heard: 'unknown', onlyWatchers: [], warnings: [...warnings, { message }] };
}

/** A gateway keeps it there for its workers over HTTP. */
function isHandedOut(stream: string, { workerType }: Prepared, { lanes, unknown }: HttpWorkers): boolean {
  const ours = workerType !== undefined && typeKeptIn(stream) === workerType;
  return ours && (unknown.length > 0 || lanes.some(({ type, mode }) => type === workerType && mode === 'durable'));
}

function warningsFor(prepared: Prepared, map: Topology, listeners: number, http: HttpWorkers): Warning[] {
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
    if (lanesFor(http, workerType, undefined).some(isServed)) return warnings;
    const unserved = unservedType(workerType, map, http);
    if (unserved !== undefined) {
      const sure = http.unknown.length === 0;
      const message = sure ? `${unserved.message}: the router will send it where nobody is.` : unserved.message;
      warnings.push({ ...unserved, message });
    } else if (!workers.some((worker) => servesTier(worker, prepared.tier ?? ''))) {
      const tiers = workers.map((worker) => worker.tier).join(', ');
      warnings.push({
        message: `"${workerType}" listens on ${tiers}, the task asks for ${prepared.tier}: right only if the router overrides the tier`,
      });
    }
  }
  return warnings;
}

/** Of a worker type that nobody serves on any tier, as far as is known. undefined: somebody does. */
export function unservedType(type: string, map: Topology, http: HttpWorkers): Warning | undefined {
  const lanes = lanesFor(http, type, undefined);
  if (map.workers.some((worker) => worker.type === type) || lanes.some((lane) => isServed(lane))) return undefined;
  const others = [...map.workers, ...http.lanes].map((each) => each.type);
  const meant = didYouMean(type, others);
  const said = `no worker listens for "${type}" on any tier${meant === undefined ? '' : ` (${meant})`}`;
  const unknown = http.unknown.length === 0 ? '' : `, and who works over HTTP is not known: ${http.unknown.join('; ')}`;
  return { message: `${said}${unknown}`, remedy: workerFor(type, '').remedy };
}

/** What is kept for them waits; in mode core somebody has to be there. */
function isServed(lane: HttpLane): boolean {
  return lane.mode === 'durable' || countOf(lane) > 0 || lane.leases + lane.buffered > 0;
}
