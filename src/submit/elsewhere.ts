import { streamsTaking } from '../delivery/captured.ts';
import type { Clock } from '../time/clock.ts';
import { countOf, HTTP_NONE, type HttpLane, type HttpWorkers, lanesFor } from '../topology/http-workers.ts';
import { typeKeptIn } from '../topology/kept.ts';
import type { Topology } from '../topology/topology.ts';
import type { Transport } from '../transport/transport.ts';

/** Who may have a task that nobody on the bus listens for. */
export interface Elsewhere {
  readonly http: HttpWorkers;
  /** The streams that keep what is sent there; undefined: not told. */
  readonly streams: readonly string[] | undefined;
}

/** What that means for who waits. */
export interface Held {
  readonly words: string;
  /** Somebody may answer all the same. */
  readonly hope: boolean;
  readonly hint?: string | undefined;
}

/** Asks the gateways, and JetStream. */
export async function readElsewhere(
  transport: Transport,
  map: Topology,
  subject: string,
  clock: Clock,
): Promise<Elsewhere> {
  const { readHttpWorkers } = await import('../topology/read-http-workers.ts');
  const [http, streams] = await Promise.all([
    map.gateways.length === 0 ? HTTP_NONE : readHttpWorkers(transport, map, { clock }),
    streamsTaking(transport, subject),
  ]);
  return { http, streams };
}

/** undefined: nobody has it. */
export function heldElsewhere({ http, streams = [] }: Elsewhere, type: string, tier: string): Held | undefined {
  const lanes = lanesFor(http, type, tier);
  const durable = lanes.find(({ mode }) => mode === 'durable');
  if (durable !== undefined) return inStreamOf(durable);
  const busy = lanes.find(({ leases, buffered }) => leases + buffered > 0);
  if (busy !== undefined) {
    const { gateway, leases, buffered } = busy;
    return {
      words: `gateway ${gateway} hands such tasks out to workers over HTTP: ${leases} at work, ${buffered} waiting`,
      hope: true,
      hint: 'See the log of the worker: it may be at work, or have lost its way to the gateway.',
    };
  }
  if (http.unknown.length > 0) {
    return { words: `who works over HTTP is not known: ${http.unknown.join('; ')}`, hope: true };
  }
  const [stream] = streams;
  if (stream !== undefined && typeKeptIn(stream) === type) {
    return {
      words: `the stream "${stream}" keeps it for workers over HTTP, and no gateway is there that hands it out`,
      hope: true,
      hint: 'Start the gateway that hands them out in mode durable. The task is kept until then: sent again, it is worked on twice.',
    };
  }
  if (stream !== undefined) return { words: `the stream "${stream}" keeps it, and works on nothing`, hope: false };
  const [core] = lanes;
  if (core === undefined) return undefined;
  return {
    words: `gateway ${core.gateway} takes such tasks only while a worker over HTTP asks for them`,
    hope: false,
  };
}

function inStreamOf(lane: HttpLane): Held {
  const workers = countOf(lane);
  if (lane.full) {
    return {
      words: `the stream in which gateway ${lane.gateway} keeps such tasks for its workers over HTTP is full: whether it has this one is not known`,
      hope: true,
      hint: 'Start workers over HTTP that take what is there, or raise stream_mib of the type. A full stream takes nothing new.',
    };
  }
  const kept = `it is kept for the workers over HTTP of gateway ${lane.gateway}`;
  if (workers > 0 || lane.leases > 0) {
    const who = `${workers} there, ${lane.leases} ${lane.leases === 1 ? 'task' : 'tasks'} at work`;
    return {
      words: `${kept} (${who}), and none of them answered yet`,
      hope: true,
      hint: 'See the log of the worker: it may be at work, or hang.',
    };
  }
  return {
    words: `${kept}, and none of them asks now`,
    hope: true,
    hint: 'Start a worker over HTTP that serves the type. The task is kept until then: sent again, it is worked on twice.',
  };
}
