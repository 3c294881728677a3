import { plainAdvice, type SomeAdvice } from '../remedy.ts';
import type { Connection } from '../topology/connection.ts';
import { type Kept, NOTHING_KEPT } from '../topology/kept.ts';
import { problemsOf } from '../topology/problems.ts';
import { gatewayInputsOf } from '../topology/role.ts';
import { type GroupView, type Listener, servesTier, type Topology, type WorkerView } from '../topology/topology.ts';
import type { Expected, ExpectedWorker } from './expected.ts';
import { countsOf } from './report-document.ts';

/** How the configs and the bus differ; empty lists when no configs were given. */
export interface Difference {
  /** Configured, and nobody listens on the tier that its tasks go to, or on any where that depends on who asks. */
  readonly absent: readonly { readonly type: string; readonly tier: string; readonly file: string }[];
  /** On the bus, and in none of the configs. */
  readonly unconfigured: readonly { readonly type: string; readonly tier: string }[];
}

export function differenceOf(map: Topology, expected: Expected | undefined): Difference {
  if (expected === undefined) return { absent: [], unconfigured: [] };
  const { workers } = expected;
  return {
    absent: workers
      .filter((worker) => !map.workers.some((each) => isServedBy(worker, each)))
      .map(({ type, routedTier, file }) => ({ type, tier: routedTier, file })),
    unconfigured: map.workers
      .filter((each) => !workers.some((worker) => isServedBy(worker, each)))
      .map(({ type, tier }) => ({ type, tier })),
  };
}

/** Where the router does not decide the tier, a worker on any of them may be the right one. */
function isServedBy({ type, routedTier, decidedBy }: ExpectedWorker, seen: WorkerView): boolean {
  return seen.type === type && (decidedBy !== 'rules' || servesTier(seen, routedTier));
}

/** The map as programs read it; schemas/output/status.schema.json describes it. `words`: the wording of what to do. */
export function statusDocument(
  map: Topology,
  expected: Expected | undefined,
  words: (advice: SomeAdvice) => string = plainAdvice,
  kept: Kept | 'unknown' = NOTHING_KEPT,
): Readonly<Record<string, unknown>> {
  return {
    schema_version: 1,
    ok: true,
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
    configured: expected === undefined ? null : differenceOf(map, expected),
    problems: problemsOf(map, kept).map((problem) => ({
      problem: problem.id,
      severity: problem.severity,
      target: problem.target,
      message: problem.message,
      hint: words(problem),
    })),
    gaps: map.gaps,
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
