import { checkArgument, checkOptions, is, type Keys } from '../check-options.ts';
import { encodeMessage } from '../contract/encode.ts';
import { CONTROL_RELOAD } from '../contract/subjects.ts';
import { isHeddleError } from '../errors.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { sleep } from '../time/wait.ts';
import { hearersOf } from '../topology/hearers.ts';
import { readTopology } from '../topology/read-topology.ts';
import type { Listener, Topology, Unknown } from '../topology/topology.ts';
import type { Transport } from '../transport/transport.ts';

/** What became of a reload. */
export interface ReloadHeard {
  /** Actors that hear it; undefined when somebody does and the servers do not tell who. */
  readonly heard: number | undefined;
  /** How many of them it was delivered to, when that was waited for. Heddle's actors acknowledge nothing. */
  readonly delivered: number | undefined;
  /** Why a number is unknown. */
  readonly reason: string | undefined;
}

/** Whether delivery is waited for. */
export interface ReloadOptions {
  /** How long delivery is waited for; left out, it is not. */
  readonly waitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
}

const OPTIONS: Keys<ReloadOptions> = { waitMs: is.number, signal: is.signal, clock: is.clock };
const LOOK_EVERY_MS = 50;

/** Sends the one control message that Heddle's actors know. Where nobody hears it, it is not sent. */
export async function broadcastReload(bus: Transport, options: ReloadOptions = {}): Promise<ReloadHeard> {
  checkArgument('broadcastReload', 'the first argument', bus, is.bus);
  checkOptions('broadcastReload', options, OPTIONS);
  const { waitMs, signal, clock = systemClock } = options;
  const message = encodeMessage({ action: 'reload' });
  const before = await readTopology(bus, { signal, clock });
  if (!before.known) return await sendBlindly(bus, message, before.reason, signal);
  const { actors } = hearersOf(before, CONTROL_RELOAD);
  if (actors.length === 0) return { heard: 0, delivered: undefined, reason: undefined };
  bus.publish(CONTROL_RELOAD, message);
  await bus.flush();
  if (waitMs === undefined) return { heard: actors.length, delivered: undefined, reason: undefined };
  const endsAt = clock.elapsed() + waitMs;
  let delivered = 0;
  for (;;) {
    const after = await readTopology(bus, { signal, clock });
    delivered = countDelivered(actors, after);
    if (delivered === actors.length || clock.elapsed() >= endsAt || signal?.aborted === true) break;
    await sleep(clock, LOOK_EVERY_MS, signal);
  }
  return { heard: actors.length, delivered, reason: undefined };
}

/** The servers count what they hand to each subscription. */
function countDelivered(before: readonly Listener[], after: Topology | Unknown): number {
  if (!after.known) return 0;
  const now = hearersOf(after, CONTROL_RELOAD).actors;
  return before.filter(({ connection: { serverId, cid }, received }) =>
    now.some(
      (each) => each.connection.serverId === serverId && each.connection.cid === cid && each.received > received,
    ),
  ).length;
}

/** The server tells at least whether there is anybody. */
async function sendBlindly(
  bus: Transport,
  message: string,
  reason: string,
  signal: AbortSignal | undefined,
): Promise<ReloadHeard> {
  try {
    await bus.request(CONTROL_RELOAD, message, { timeoutMs: 300, signal });
  } catch (error) {
    if (!isHeddleError(error)) throw error;
    if (error.code === 'nobody_listens') return { heard: 0, delivered: undefined, reason };
    if (error.code !== 'timeout') throw error;
  }
  return { heard: undefined, delivered: undefined, reason };
}
