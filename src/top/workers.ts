import { countOf, HTTP_UNASKED, type HttpLane, lanesFor } from '../topology/http-workers.ts';
import { EVERY_TIER } from '../topology/role.ts';
import type { WorkerView } from '../topology/topology.ts';
import { membersOf, workerCount } from '../topology/worker-count.ts';
import type { BusModel } from './model.ts';
import type { Roles } from './roles.ts';
import type { WorkerTraffic } from './traffic.ts';

/** One worker type and tier: what the servers say of it, and what was seen to pass. Undefined is what is not known. */
export interface WorkerRow {
  readonly type: string;
  readonly tier: string | undefined;
  /** Queue groups; empty of one that listens in none, and of one that nobody serves. */
  readonly groups: readonly string[];
  readonly replicas: number | undefined;
  /** What gateways hand out of it to workers over HTTP, who are among the replicas. */
  readonly overHttp: readonly HttpLane[];
  readonly inFlight: number;
  /** Answers a second. */
  readonly rate: number | undefined;
  readonly p50: number | undefined;
  readonly p99: number | undefined;
  readonly failed: number;
  readonly pendingBytes: number | undefined;
  /** Milliseconds since 1970; undefined: nothing passed since the beginning. */
  readonly lastAt: number | undefined;
  readonly trouble: WorkerTrouble | undefined;
}

/** What is wrong with a worker, the worst first. */
export const TROUBLES = ['absent', 'error', 'warning', 'failing'] as const;
export type WorkerTrouble = (typeof TROUBLES)[number];

/** Every worker that is there or had traffic; in the order of their names. */
export function workerRows({ roles, traffic }: BusModel): readonly WorkerRow[] {
  const seen = traffic.workers;
  const views = roles.known ? roles.map.workers : [];
  const taken = new Set<WorkerTraffic>();
  const rows = views.map((view) => {
    const ours = seen.filter((each) => belongs(each, view, views));
    for (const each of ours) taken.add(each);
    return rowOf(view.type, view.tier, ours, view, roles);
  });
  for (const each of seen) if (!taken.has(each)) rows.push(rowOf(each.type, each.tier, [each], undefined, roles));
  const lanes = roles.known ? roles.http.lanes.filter((lane) => countOf(lane) > 0) : [];
  for (const { type, tier } of lanes) {
    // Nobody listens on the bus, and nothing passed yet.
    const isThere = rows.some((row) => row.type === type && (row.tier === tier || row.tier === EVERY_TIER));
    if (!isThere) rows.push(rowOf(type, tier, [], undefined, roles));
  }
  if (traffic.rest !== undefined) rows.push(rowOf('(others)', undefined, [traffic.rest], undefined, roles));
  return rows.sort((a, b) => compare(a.type, b.type) || compare(a.tier ?? '', b.tier ?? ''));
}

/** One that listens on every tier takes what goes to tiers that nobody else of its type serves. */
function belongs(seen: WorkerTraffic, view: WorkerView, all: readonly WorkerView[]): boolean {
  if (seen.type !== view.type) return false;
  const ofType = all.filter((each) => each.type === view.type);
  if (seen.tier === undefined) return ofType.length === 1;
  return seen.tier === view.tier || (view.tier === EVERY_TIER && !ofType.some((each) => each.tier === seen.tier));
}

function rowOf(
  type: string,
  tier: string | undefined,
  seen: readonly WorkerTraffic[],
  view: WorkerView | undefined,
  roles: Roles,
): WorkerRow {
  const sum = (of: (each: WorkerTraffic) => number): number => seen.reduce((all, each) => all + of(each), 0);
  const most = (of: (each: WorkerTraffic) => number | undefined): number | undefined =>
    seen.reduce<number | undefined>((all, each) => larger(all, of(each)), undefined);
  const failed = sum((each) => each.failed);
  const inFlight = sum((each) => each.inFlight);
  const http = roles.known ? roles.http : HTTP_UNASKED;
  const overHttp = lanesFor(http, type, tier);
  // Of a result alone nobody knows on which tier its worker listens; and what a gateway keeps from us may be a worker of this type.
  const unseen = view === undefined && overHttp.length === 0 && http.unknown.length === 0;
  const absent = unseen && roles.known && tier !== undefined && sum((each) => each.tasks.count) > 0;
  return {
    ...{ type, tier, failed, inFlight },
    groups: view?.groups.flatMap(({ queue }) => queue ?? []) ?? [],
    replicas:
      view === undefined && overHttp.length === 0
        ? absent
          ? 0
          : undefined
        : workerCount(view === undefined ? [] : membersOf(view), overHttp),
    overHttp,
    rate: seen.length === 0 ? 0 : sum((each) => each.results.perSecond ?? 0),
    p50: most((each) => each.durations.p50),
    p99: most((each) => each.durations.p99),
    pendingBytes: view?.groups.reduce((all, each) => all + each.pendingBytes, 0),
    lastAt: most((each) => (each.lastAt === 0 ? undefined : each.lastAt)),
    trouble: troubleOf(`${type}.${tier}`, absent, failed, roles),
  };
}

function troubleOf(target: string, absent: boolean, failed: number, roles: Roles): WorkerTrouble | undefined {
  if (absent) return 'absent';
  const problems = roles.known ? roles.problems.filter((each) => each.target === target) : [];
  if (problems.some(({ severity }) => severity === 'error')) return 'error';
  if (problems.length > 0) return 'warning';
  return failed > 0 ? 'failing' : undefined;
}

function larger(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined ? other : other === undefined ? one : Math.max(one, other);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
