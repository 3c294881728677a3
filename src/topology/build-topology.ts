import type { BusServer, Connection } from './connection.ts';
import { EVERY_TIER, isGateway, isOnlooker, roleOf } from './role.ts';
import type { GroupView, Listener, Topology, WorkerKind, WorkerView } from './topology.ts';

export interface Reading {
  readonly source?: 'bus' | 'monitor';
  readonly servers?: readonly BusServer[];
  readonly gaps?: readonly string[];
  readonly cutOff?: readonly Connection[];
}

/** One map out of the connections of every server. Its order depends on nothing but the names in it. */
export function buildTopology(connections: readonly Connection[], reading: Reading = {}): Topology {
  const clients = connections.filter((each) => each.kind === 'Client');
  const routers: Listener[] = [];
  const goalTakers: Listener[] = [];
  const resultListeners: Listener[] = [];
  const deadLetterListeners: Listener[] = [];
  const controlListeners: Listener[] = [];
  const schedulers: Listener[] = [];
  const gateways: Listener[] = [];
  const watchers: Listener[] = [];
  const workers = new Map<string, Served>();
  const silent: Connection[] = [];
  const observers: Connection[] = [];
  const others: Connection[] = [];

  for (const connection of clients) {
    if (connection.self) continue;
    let hears = connection.unlisted;
    let hearsHeddle = false;
    for (const subscription of connection.subscriptions) {
      const role = roleOf(connection, subscription);
      if (role.role === 'inbox') continue;
      hears += 1;
      if (role.role === 'other' && !subscription.subject.startsWith('heddle.')) continue;
      hearsHeddle = true;
      const { subject, queue, received } = subscription;
      const listener: Listener = { connection, subject, queue, received };
      switch (role.role) {
        case 'router':
          routers.push(listener);
          break;
        case 'goal_taker':
          goalTakers.push(listener);
          break;
        case 'result_listener':
          resultListeners.push(listener);
          break;
        case 'dead_letter_listener':
          deadLetterListeners.push(listener);
          break;
        case 'control_listener':
          controlListeners.push(listener);
          break;
        case 'gateway': {
          // One that has clients that listen hears the same a second time, outside its group.
          const at = gateways.findIndex((each) => each.connection === connection);
          if (at < 0) gateways.push(listener);
          else if (queue !== undefined) gateways[at] = listener;
          break;
        }
        case 'scheduler':
          schedulers.push(listener);
          break;
        case 'watcher':
          watchers.push(listener);
          break;
        case 'worker': {
          const at = workers.get(subject) ?? { type: role.type, tier: role.tier, listeners: [] };
          const same = at.listeners.findIndex((each) => each.connection === connection && each.queue === queue);
          const other = at.listeners[same];
          // A gateway's next subscription begins before one runs out: it is one listener all the same.
          if (other === undefined || !isGateway(connection)) at.listeners.push(listener);
          else at.listeners[same] = { ...listener, received: received + other.received };
          workers.set(subject, at);
          break;
        }
        case 'other':
          break;
      }
    }
    if (hears === 0) (isOnlooker(connection) ? observers : silent).push(connection);
    else if (!hearsHeddle) others.push(connection);
  }

  return {
    known: true,
    source: reading.source ?? 'bus',
    servers: [...(reading.servers ?? [])].sort((a, b) => compare(a.name ?? a.id, b.name ?? b.id)),
    connections: [...connections].sort(byConnection),
    self: connections.find((each) => each.self),
    routers: routers.sort(byListener),
    workers: [...workers]
      .map(([subject, at]) => workerView(subject, at, [...workers.values()]))
      .sort((a, b) => compare(a.type, b.type) || compare(a.tier, b.tier)),
    goalTakers: groupsOf(goalTakers),
    resultListeners: resultListeners.sort(byListener),
    deadLetterListeners: deadLetterListeners.sort(byListener),
    controlListeners: controlListeners.sort(byListener),
    schedulers: schedulers.sort(byListener),
    gateways: gateways.sort(byListener),
    watchers: watchers.sort(byListener),
    silent: silent.sort(byConnection),
    observers: observers.sort(byConnection),
    others: others.sort(byConnection),
    cutOff: [...(reading.cutOff ?? [])].sort(byConnection),
    gaps: reading.gaps ?? [],
  };
}

interface Served {
  readonly type: string;
  readonly tier: string;
  readonly listeners: Listener[];
}

function workerView(subject: string, { type, tier, listeners }: Served, all: readonly Served[]): WorkerView {
  const groups = groupsOf(listeners).map((group) => ({ ...group, kind: kindOf(group.queue) }));
  // Members of one group share a task, also where one of them listens on every tier.
  const onEveryTier = all.filter((each) => each.type === type && each.tier === EVERY_TIER && tier !== EVERY_TIER);
  const takers = groupsOf([...listeners, ...onEveryTier.flatMap((each) => each.listeners)]);
  return {
    type,
    tier,
    subject,
    groups,
    replicas: listeners.length,
    takers,
    copies: copiesOf(takers),
  };
}

/** How many times each message is handled: once a group, once for each listener outside any group. */
export function copiesOf(groups: readonly GroupView[]): number {
  return groups.reduce((sum, group) => sum + (group.queue === undefined ? group.replicas : 1), 0);
}

/** By queue group, those without one last. */
export function groupsOf(listeners: readonly Listener[]): GroupView[] {
  const groups = new Map<string | undefined, Listener[]>();
  for (const listener of listeners) {
    const members = groups.get(listener.queue);
    if (members === undefined) groups.set(listener.queue, [listener]);
    else members.push(listener);
  }
  return [...groups]
    .sort(([a], [b]) => (a === undefined ? 1 : b === undefined ? -1 : compare(a, b)))
    .map(([queue, members]) => ({
      queue,
      members: members.sort(byListener),
      replicas: members.length,
      received: members.reduce((sum, each) => sum + each.received, 0),
      pendingBytes: members.reduce((sum, each) => sum + each.connection.pendingBytes, 0),
      slowestRttMs: members.reduce<number | undefined>((slowest, { connection: { rttMs } }) => {
        return rttMs === undefined ? slowest : Math.max(slowest ?? 0, rttMs);
      }, undefined),
    }));
}

function kindOf(queue: string | undefined): WorkerKind {
  if (queue?.startsWith('workers-')) return 'llm';
  return queue?.startsWith('processors-') ? 'processor' : 'unknown';
}

function byListener(a: Listener, b: Listener): number {
  return (
    compare(a.subject, b.subject) || compare(a.queue ?? '', b.queue ?? '') || byConnection(a.connection, b.connection)
  );
}

function byConnection(a: Connection, b: Connection): number {
  return compare(a.serverId, b.serverId) || a.cid - b.cid;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
