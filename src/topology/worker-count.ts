import { countOf, type HttpLane, type HttpWorkers } from './http-workers.ts';
import { gatewayNameOf, isGateway } from './role.ts';
import type { Listener, Topology, WorkerView } from './topology.ts';

/**
 * How many work: those who listen on the bus, and those over HTTP. A gateway that takes tasks stands for the workers that it tells of;
 * one that does not tell is one of whom nobody knows more.
 */
export function workerCount(listeners: readonly Listener[], lanes: readonly HttpLane[]): number {
  const told = new Set(lanes.map(({ gateway }) => gateway));
  const onBus = listeners.filter(
    ({ connection }) => !isGateway(connection) || !told.has(gatewayNameOf({ connection, queue: undefined })),
  );
  return onBus.length + lanes.reduce((sum, lane) => sum + countOf(lane), 0);
}

export function membersOf({ groups }: Pick<WorkerView, 'groups'>): readonly Listener[] {
  return groups.flatMap(({ members }) => members);
}

/** Of the whole bus. */
export function workerTotals(
  { workers }: Pick<Topology, 'workers'>,
  { lanes }: HttpWorkers,
): { readonly replicas: number; readonly types: number } {
  const onBus = workers.filter((each) => membersOf(each).some(({ connection }) => !isGateway(connection)));
  const overHttp = lanes.filter((lane) => countOf(lane) > 0);
  const counts = workers.map((each) =>
    workerCount(
      membersOf(each),
      lanes.filter(({ type, tier }) => type === each.type && tier === each.tier),
    ),
  );
  const elsewhere = overHttp.filter(
    (lane) => !workers.some(({ type, tier }) => type === lane.type && tier === lane.tier),
  );
  return {
    replicas: [...counts, ...elsewhere.map(countOf)].reduce((sum, count) => sum + count, 0),
    types: new Set([...onBus, ...overHttp].map(({ type }) => type)).size,
  };
}
