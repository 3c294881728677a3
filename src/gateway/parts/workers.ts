import type { GatewayConfig } from '../../config/views/gateway-config/config.ts';
import type { WorkersConfig } from '../../config/views/gateway-config/parts/workers.ts';
import { openBucket, type Place } from '../../store/open.ts';
import type { AskCore, Core } from '../core.ts';
import type { Part } from '../part.ts';
import { Bridge } from '../workers/bridge.ts';
import { Directory } from '../workers/directory.ts';
import { openDurable } from '../workers/durable.ts';
import { watchForeign } from '../workers/foreign.ts';
import { BridgeNumbers } from '../workers/numbers.ts';
import { Peers } from '../workers/peers.ts';
import { promiseOf } from '../workers/promise.ts';
import { resolvePassed } from '../workers/resolve.ts';
import { type WorkersOpen, workerRoutes } from '../workers/routes.ts';
import { Signals } from '../workers/signals.ts';

/** Of the time to put things away, what is for results that nobody waits for. */
const ANSWERS_MS = 1_500;
const MOST_SIGNAL_BYTES = 1024 * 1024;

/** Workers in any language with an HTTP client. */
export function workers(ask: AskCore, started: GatewayConfig): Part | undefined {
  const { workers: config, requests } = started;
  // Where nothing but webhooks is served, and no type is named, there is nothing to describe.
  if (!requests && config.types.length === 0) return undefined;
  const numbers = new BridgeNumbers();
  numbers.know(config.types.map(({ name }) => name));
  let opened: WorkersOpen | undefined;
  const open = (): WorkersOpen => {
    if (opened === undefined) throw new Error('workers were asked before they were open');
    return opened;
  };
  return {
    name: 'workers',
    routes: workerRoutes(open),
    contract: (given) => ({ workers: promisesOf(opened === undefined ? given.workers : config) }),
    fixed: ({ workers }) => ({ workers }),
    open: async () => {
      opened = await openWorkers(ask(), config, numbers);
      const { bridge, peers } = opened;
      if (config.types.length === 0) return;
      if (bridge.durable !== undefined) watchForeign(bridge);
      peers.open({
        holds: ({ handle, owner }) => bridge.ledger.find(handle, owner).kind !== 'unknown',
        resolve: (passed) => resolvePassed(open(), passed),
      });
    },
    state: () => (config.types.length === 0 ? {} : { worker_types: config.types.length }),
    families: () => (opened === undefined ? [] : numbers.families(opened.bridge.gauges())),
    stopTaking: () => opened?.bridge.stopTaking(),
    settle: async (ms) => await opened?.bridge.settle(ms),
    putAway: async () => {
      if (opened === undefined) return;
      const { bridge, directory, signals, peers } = opened;
      peers.close();
      await bridge.putAway(ANSWERS_MS);
      await Promise.all([directory.close(), signals.close(), bridge.durable?.records.close()]);
    },
  };
}

async function openWorkers(core: Core, config: WorkersConfig, numbers: BridgeNumbers): Promise<WorkersOpen> {
  const { bus, store, clock, live } = core;
  const { name, store: keeping } = live().config;
  const isKept = store.kind === 'jetstream' && config.types.length > 0;
  // What is gone after an hour need not survive a server.
  const place: Place = isKept
    ? { home: 'jetstream', bus: bus.transport, clock, replicas: keeping.replicas, storage: 'memory' }
    : { home: 'memory', clock };
  const bridge = new Bridge(core, config, numbers, await openDurable(core, config));
  const directory = new Directory(await openBucket(place, `heddle-${name}-workers`), clock, bridge.replica, isKept);
  const signals = new Signals(await openBucket(place, `heddle-${name}-signals`), isKept);
  await Promise.all([directory.open(), signals.open(MOST_SIGNAL_BYTES)]);
  return { bridge, directory, signals, peers: new Peers(bus.transport, name, bridge.replica) };
}

function promisesOf({ types, requireLeaseId, polls, leases }: WorkersConfig): unknown {
  if (types.length === 0) return null;
  return { require_lease_id: requireLeaseId, polls, leases, types: types.map(promiseOf) };
}
