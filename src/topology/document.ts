import type { SomeAdvice } from '../remedy.ts';
import type { Connection } from './connection.ts';
import { HTTP_UNASKED, type HttpWorkers } from './http-workers.ts';
import type { Kept } from './kept.ts';
import { problemsOf } from './problems.ts';
import { gatewayInputsOf, gatewaysAmong } from './role.ts';
import type { GroupView, Listener, Topology } from './topology.ts';

// The map as programs read it, wherever they get it from.

/** Who is there. */
export function mapDocument(map: Topology): Readonly<Record<string, unknown>> {
  return {
    source: map.source,
    servers: map.servers.map(({ id, name, version, cluster, jetstream, time, connections }) => ({
      id,
      name: name ?? null,
      version: version ?? null,
      cluster: cluster ?? null,
      jetstream: jetstream ?? null,
      time: time ?? null,
      connections,
    })),
    counts: countsOf(map),
    routers: map.routers.map(listener),
    workers: map.workers.map(({ type, tier, subject, replicas, copies, groups }) => ({
      type,
      tier,
      subject,
      replicas,
      copies,
      // They take tasks for workers over HTTP, and are among the replicas.
      gateways: gatewaysAmong(groups),
      groups: groups.map((each) => ({ ...group(each), kind: each.kind })),
    })),
    goal_takers: map.goalTakers.map(group),
    result_listeners: map.resultListeners.map(listener),
    dead_letter_listeners: map.deadLetterListeners.map(listener),
    control_listeners: map.controlListeners.map(listener),
    schedulers: map.schedulers.map(listener),
    gateways: map.gateways.map((each) => ({ ...listener(each), inputs: gatewayInputsOf(each.connection) })),
    watchers: map.watchers.map(listener),
    silent: map.silent.map(client),
    observers: map.observers.map(client),
    others: map.others.map(client),
  };
}

/** Workers over HTTP; `known` is false where some gateway did not tell, and what it would tell is missing below. */
export function httpWorkersDocument({ unknown, lanes, workers }: HttpWorkers): Readonly<Record<string, unknown>> {
  return {
    known: unknown.length === 0,
    unknown,
    types: lanes.map(({ workers: named, unnamedPolls, ...lane }) => ({
      ...lane,
      workers: named,
      unnamed_polls: unnamedPolls,
    })),
    workers: workers.map(({ gateway, workerId, lanes: theirs, connectedBy, lastSeen }) => ({
      gateway,
      worker_id: workerId,
      task_types: theirs,
      connected_by: connectedBy,
      last_seen: lastSeen,
    })),
  };
}

/** What is wrong there. `words`: the wording of what to do. */
export function problemDocuments(
  map: Topology,
  words: (advice: SomeAdvice) => string,
  kept: Kept | 'unknown',
  http: HttpWorkers = HTTP_UNASKED,
) {
  return problemsOf(map, kept, http).map((problem) => ({
    problem: problem.id,
    severity: problem.severity,
    target: problem.target,
    message: problem.message,
    hint: words(problem),
  }));
}

export function countsOf(map: Topology): Readonly<Record<string, number>> {
  const replicas = (of: readonly { replicas: number }[]): number => of.reduce((sum, each) => sum + each.replicas, 0);
  return {
    servers: map.servers.length,
    connections: map.connections.length,
    subscriptions: map.connections.reduce((sum, each) => sum + each.subscriptions.length, 0),
    routers: map.routers.length,
    workers: replicas(map.workers),
    worker_subjects: map.workers.length,
    goal_takers: replicas(map.goalTakers),
    result_listeners: map.resultListeners.length,
    dead_letter_listeners: map.deadLetterListeners.length,
    watchers: map.watchers.length,
    silent: map.silent.length,
  };
}

function group({ queue, replicas, received, pendingBytes, slowestRttMs, members }: GroupView) {
  return {
    queue: queue ?? null,
    replicas,
    received,
    pending_bytes: pendingBytes,
    slowest_rtt_ms: slowestRttMs ?? null,
    members: members.map(listener),
  };
}

function listener({ connection, subject, queue, received }: Listener) {
  return { subject, queue: queue ?? null, received, client: client(connection) };
}

function client(connection: Connection) {
  return {
    server_id: connection.serverId,
    cid: connection.cid,
    name: connection.name ?? null,
    lang: connection.lang ?? null,
    version: connection.version ?? null,
    address: connection.address ?? null,
    started_at: connection.startedAt ?? null,
    last_activity: connection.lastActivity ?? null,
    rtt_ms: connection.rttMs ?? null,
    pending_bytes: connection.pendingBytes,
  };
}
