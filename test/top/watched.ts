import type { TestContext } from 'node:test';
import { createFakeClock, type FakeClock } from '../../src/time/fake-clock.ts';
import { type Watch, type WatchOptions, watchBus } from '../../src/top/watch-bus.ts';
import { buildTopology } from '../../src/topology/build-topology.ts';
import type { Connection } from '../../src/topology/connection.ts';
import { HTTP_NONE } from '../../src/topology/http-workers.ts';
import { NOTHING_KEPT } from '../../src/topology/kept.ts';
import type { Topology, Unknown } from '../../src/topology/topology.ts';
import { createMemoryBus, type MemoryBus } from '../../src/transport/memory.ts';
import type { ConnectOptions } from '../../src/transport/options.ts';
import type { BusUser } from '../../src/transport/permissions.ts';

/** A bus in this process that is watched on a clock of the test's own. */
export interface Watched extends Watch {
  readonly bus: MemoryBus;
  readonly clock: FakeClock;
  send(subject: string, message: unknown): void;
  /** Who is there from now on. */
  people(connections: readonly Connection[] | Unknown): void;
}

export async function watched(
  t: TestContext,
  options: Partial<WatchOptions> & {
    users?: BusUser[];
    as?: Partial<ConnectOptions>;
    now?: number;
    unknown?: Unknown;
  } = {},
): Promise<Watched> {
  const clock = createFakeClock({ now: options.now });
  const bus = createMemoryBus({ clock, ...(options.users && { users: options.users }) });
  const transport = await bus.connect({ reconnect: true, clock, ...options.as });
  const sender = await bus.connect({
    reconnect: true,
    clock,
    ...(options.users && { auth: { user: 'all', password: 'all' } }),
  });
  let map: Topology | Unknown = options.unknown ?? buildTopology([]);
  const watch = await watchBus(transport, {
    clock,
    readRoles: () => Promise.resolve({ map, kept: NOTHING_KEPT, http: HTTP_NONE }),
    rolesEveryMs: 2000,
    orphanAfterMs: 60_000,
    pingIntervalMs: 10_000,
    ...options,
  });
  t.after(async () => {
    watch.stop();
    await bus.close();
  });
  return {
    ...watch,
    bus,
    clock,
    send: (subject, message) =>
      sender.publish(subject, typeof message === 'string' ? message : JSON.stringify(message)),
    people: (connections) => {
      map = 'known' in connections ? connections : buildTopology(connections);
    },
  };
}

/** As senders, routers and workers write them. */
export const task = (id: string, more: object = {}) => ({ task_id: id, worker_type: 'echo', payload: {}, ...more });
export const result = (id: string, more: object = {}) => ({
  ...{ task_id: id, worker_type: 'echo', status: 'completed', output: {}, processing_time_ms: 7 },
  ...more,
});
export const INCOMING = 'heddle.tasks.incoming';
export const TO_ECHO = 'heddle.tasks.echo.local';
export const RESULTS = 'heddle.results.default';
export const DEAD = 'heddle.tasks.dead_letter';
