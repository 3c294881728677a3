import { GATEWAY_WORKERS, type GatewayWord, wordText } from '../../topology/http-workers.ts';
import type { Subscription, Transport } from '../../transport/transport.ts';
import type { Seen } from './directory.ts';
import type { BridgeGauges } from './numbers.ts';

/** What of the largest message that the bus takes the names may fill. */
const SHARE = 0.5;
/** Of one worker beside its name and its lanes. */
const ENTRY_BYTES = 120;

/** What one replica knows of itself. */
export interface Introduced {
  readonly gateway: string;
  readonly replica: string;
  readonly lanes: BridgeGauges['lanes'];
  readonly workers: readonly Seen[];
  mode(type: string): 'core' | 'durable';
  unnamedPolls(lane: string): number;
  isFull(type: string): boolean;
}

/** Tells whoever asks on the bus who works over HTTP here; a gateway with no types says so, too. */
export function introduce(bus: Transport, ask: () => Introduced): Subscription {
  return bus.subscribe(GATEWAY_WORKERS, ({ reply }) => {
    if (reply === undefined) return;
    try {
      bus.publish(reply, wordText(wordOf(ask(), bus.info.maxPayload)));
    } catch {
      // Who asked does not hear us, and says that it is unknown.
    }
  });
}

function wordOf(
  { gateway, replica, lanes, workers, mode, unnamedPolls, isFull }: Introduced,
  mostBytes: number,
): GatewayWord {
  let room = mostBytes * SHARE;
  const named = workers.filter(({ workerId, lanes }) => {
    room -= ENTRY_BYTES + workerId.length + lanes.reduce((sum, each) => sum + each.length + 3, 0);
    return room > 0;
  });
  return {
    gateway,
    replica,
    lanes: lanes.map(({ type, tier, buffered, leases }) => ({
      ...{ type, tier, buffered, leases },
      mode: mode(type),
      unnamedPolls: unnamedPolls(`${type}.${tier}`),
      full: isFull(type),
    })),
    workers: named,
    unlisted: workers.length - named.length,
  };
}
