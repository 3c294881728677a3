import { checkArgument, checkOptions, is, type Keys } from '../check-options.ts';
import { isHeddleError } from '../errors.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import type { Transport } from '../transport/transport.ts';
import { GATEWAY_WORKERS, type GatewayWord, gather, HTTP_NONE, type HttpWorkers, readWord } from './http-workers.ts';
import { gatewayNameOf, isGateway } from './role.ts';
import type { Topology } from './topology.ts';
import { plural } from './wording.ts';

/** How long gateways have to answer. */
export interface ReadHttpOptions {
  /** For all of them. Default 1000. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
}

const OPTIONS: Keys<ReadHttpOptions> = { timeoutMs: is.number, signal: is.signal, clock: is.clock };

/** Between two answers. */
const STALL_MS = 400;

/**
 * Asks every gateway on the map who works over HTTP with it. Who does not answer is unknown, and never nobody. Throws only when the
 * bus is gone or `signal` aborts.
 */
export async function readHttpWorkers(
  bus: Transport,
  map: Topology,
  options: ReadHttpOptions = {},
): Promise<HttpWorkers> {
  checkArgument('readHttpWorkers', 'the first argument', bus, is.bus);
  checkArgument('readHttpWorkers', 'the second argument', map, is.object);
  checkOptions('readHttpWorkers', options, OPTIONS);
  const { signal, clock = systemClock, timeoutMs = 1_000 } = options;
  const { gateways, self } = map;
  const names = gateways.map(gatewayNameOf);
  // One that asks is in no list, and hears its own question.
  if (self !== undefined && isGateway(self)) names.push(gatewayNameOf({ connection: self, queue: undefined }));
  if (names.length === 0) return HTTP_NONE;
  const words: GatewayWord[] = [];
  const endsAt = clock.elapsed() + timeoutMs;
  try {
    const question = { timeoutMs, stallMs: STALL_MS, max: names.length, signal };
    for await (const { data } of bus.requestMany(GATEWAY_WORKERS, '', question)) {
      const word = readWord(data);
      if (word !== undefined) words.push(word);
      if (clock.elapsed() > endsAt) break;
    }
  } catch (thrown) {
    if (!isHeddleError(thrown) || (thrown.code !== 'permission_denied' && thrown.code !== 'timeout')) throw thrown;
    if (thrown.code === 'permission_denied') {
      return gather([], [`this user may not ask the gateways who works over HTTP: ${thrown.message}`]);
    }
  }
  return gather(words, silentOf(names, words));
}

/** Of which gateways replicas are on the map that did not answer. */
function silentOf(names: readonly string[], words: readonly GatewayWord[]): readonly string[] {
  return [...new Set(names)].sort().flatMap((name) => {
    const there = names.filter((each) => each === name).length;
    const silent = there - words.filter(({ gateway }) => gateway === name).length;
    if (silent <= 0) return [];
    const who = `${silent} of ${there} ${plural(there, 'replica')} of gateway ${name}`;
    return [`${who} did not say who works over HTTP`];
  });
}
