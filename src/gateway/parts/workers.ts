import type { GatewayConfig } from '../../config/views/gateway-config/config.ts';
import type { WorkersConfig } from '../../config/views/gateway-config/parts/workers.ts';
import { openBucket, type Place } from '../../store/open.ts';
import type { Subscription } from '../../transport/transport.ts';
import type { AskCore, Core } from '../core.ts';
import type { Part } from '../part.ts';
import { Bridge } from '../workers/bridge.ts';
import { Directory } from '../workers/directory.ts';
import { openDurable } from '../workers/durable.ts';
import { watchForeign } from '../workers/foreign.ts';
import { type Introduced, introduce } from '../workers/introduce.ts';
import { BridgeNumbers } from '../workers/numbers.ts';
import { Peers } from '../workers/peers.ts';
import { promiseOf } from '../workers/promise.ts';
import { resolvePassed } from '../workers/resolve.ts';
import { type WorkersOpen, workerRoutes } from '../workers/routes.ts';
import { Signals } from '../workers/signals.ts';
import { StreamRoom } from '../workers/stream-room.ts';

/** Of the time to put things away, what is for results that nobody waits for. */
const ANSWERS_MS = 1_500;
const MOST_SIGNAL_BYTES = 1024 * 1024;

/** Workers in any language with an HTTP client. */
export function workers(ask: AskCore, started: GatewayConfig): Part | undefined {
  const { workers: config, requests } = started;
  // Where nothing but webhooks is served, and no type is named, there is nothing to describe.
  if (!requests && config.types.length === 0) return handingOutNothing(ask);
  const numbers = new BridgeNumbers();
  numbers.know(config.types.map(({ name }) => name));
  let opened: WorkersOpen | undefined;
  let shown: Subscription | undefined;
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
      const { bridge, peers, room } = opened;
      shown = introduce(ask().bus.transport, () => introducedBy(open(), started.name));
      if (config.types.length === 0) return;
      await room.open();
      if (bridge.durable !== undefined) watchForeign(bridge);
      peers.open({
        holds: ({ handle, owner }) => bridge.ledger.find(handle, owner).kind !== 'unknown',
        resolve: (passed) => resolvePassed(open(), passed),
      });
    },
    state: () => {
      if (config.types.length === 0) return {};
      const streams = opened?.room.state ?? [];
      return { worker_types: config.types.length, ...(streams.length === 0 ? {} : { worker_streams: streams }) };
    },
    families: () =>
      opened === undefined ? [] : [...numbers.families(opened.bridge.gauges()), ...opened.room.families()],
    stopTaking: () => opened?.bridge.stopTaking(),
    settle: async (ms) => await opened?.bridge.settle(ms),
    putAway: async () => {
      if (opened === undefined) return;
      const { bridge, directory, signals, peers, room } = opened;
      shown?.unsubscribe();
      room.close();
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
  const room = new StreamRoom(bridge.durable?.queues ?? new Map(), clock, core.log);
  return { bridge, directory, signals, room, peers: new Peers(bus.transport, name, bridge.replica) };
}

/** It says so: else nobody would know. */
function handingOutNothing(ask: AskCore): Part {
  let shown: Subscription | undefined;
  return {
    name: 'workers',
    routes: [],
    contract: () => ({}),
    open: async () => {
      const { bus, live, uuid } = ask();
      const nobody: Introduced = {
        gateway: live().config.name,
        replica: uuid().slice(0, 8),
        lanes: [],
        workers: [],
        mode: () => 'core',
        unnamedPolls: () => 0,
        isFull: () => false,
      };
      shown = introduce(bus.transport, () => nobody);
    },
    putAway: async () => shown?.unsubscribe(),
  };
}

function introducedBy({ bridge, directory, room }: WorkersOpen, gateway: string): Introduced {
  const modes = new Map(bridge.config.types.map(({ name, mode }) => [name, mode]));
  return {
    gateway,
    replica: bridge.replica,
    lanes: bridge.gauges().lanes,
    workers: directory.here(),
    mode: (type) => modes.get(type) ?? 'core',
    unnamedPolls: (lane) => directory.unnamedPolls(lane),
    isFull: (type) => room.isFull(type),
  };
}

function promisesOf({ types, requireLeaseId, polls, leases }: WorkersConfig): unknown {
  if (types.length === 0) return null;
  return { require_lease_id: requireLeaseId, polls, leases, types: types.map(promiseOf) };
}
