import { didYouMean } from '../../suggest.ts';
import type { HttpWorkers } from '../../topology/http-workers.ts';
import { tasksStreamOf } from '../../topology/kept.ts';
import type { Problem } from '../../topology/problem.ts';
import { EVERY_TIER } from '../../topology/role.ts';
import type { Topology } from '../../topology/topology.ts';
import type { SORTS, WhatFlags } from './flags.ts';
import type { ListenerRow } from './rows.ts';

/** What of the bus is shown, and in which order. */
export type Choice = Pick<WhatFlags, 'worker' | 'tier' | 'problems' | 'sort'>;

/** Something else than the whole was asked for. */
export function isNarrow({ worker, tier }: Choice): boolean {
  return worker !== undefined || tier !== undefined;
}

/** Says more than the map as it is: the sums stand beside it. */
export function asksMore({ problems, sort, ...choice }: Choice): boolean {
  return isNarrow(choice as Choice) || problems || sort !== undefined;
}

/** The map with the chosen workers alone; who else is there stays. */
export function chosenMap(map: Topology, choice: Choice): Topology {
  if (!isNarrow(choice)) return map;
  return { ...map, workers: map.workers.filter(({ type, tier }) => isChosen(type, tier, choice)) };
}

/** The same of workers over HTTP. */
export function chosenHttp(http: HttpWorkers, choice: Choice): HttpWorkers {
  if (!isNarrow(choice)) return http;
  const lanes = http.lanes.filter(({ type, tier }) => isChosen(type, tier, choice));
  const names = new Set(lanes.map(({ type, tier }) => `${type}.${tier}`));
  return { ...http, lanes, workers: http.workers.filter((each) => each.lanes.some((lane) => names.has(lane))) };
}

export function chosenRows(rows: readonly ListenerRow[], choice: Choice): readonly ListenerRow[] {
  const kept = isNarrow(choice)
    ? rows.filter(({ role, name, tier }) => role === 'worker' && isChosen(name, tier, choice))
    : rows;
  return choice.sort === undefined ? kept : sorted(kept, choice.sort);
}

/** Of chosen workers: what is wrong with them. */
export function chosenProblems(
  problems: readonly Problem[],
  map: Topology,
  http: HttpWorkers,
  choice: Choice,
): readonly Problem[] {
  if (!isNarrow(choice)) return problems;
  const chosen = [...chosenMap(map, choice).workers, ...chosenHttp(http, choice).lanes];
  const targets = new Set(chosen.flatMap(({ type, tier }) => [`${type}.${tier}`, tasksStreamOf(type)]));
  return problems.filter(({ target }) => targets.has(target));
}

function isChosen(type: string, tier: string, { worker, tier: tiers }: Choice): boolean {
  return worker?.includes(type) !== false && (tier === EVERY_TIER || tiers?.includes(tier) !== false);
}

/** Why there is no row: a name that nobody has is a slip, perhaps. */
export function nothingChosen(map: Topology, { worker, tier }: Choice): string {
  const asked = [...(worker ?? []), ...(tier ?? [])];
  const known = map.workers.flatMap((each) => [each.type, each.tier]);
  const slip = asked.find((each) => !known.includes(each));
  const meant = slip === undefined ? undefined : didYouMean(slip, known);
  const who = [worker?.join(', '), tier === undefined ? undefined : `of tier ${tier.join(', ')}`]
    .filter(Boolean)
    .join(' ');
  return `no worker ${who} is on this bus${meant === undefined ? '' : `; ${meant}`}`;
}

function sorted(rows: readonly ListenerRow[], by: (typeof SORTS)[number]): readonly ListenerRow[] {
  const values: Readonly<Record<typeof by, (row: ListenerRow) => string | number | undefined>> = {
    name: ({ name }) => name,
    tier: ({ tier }) => tier,
    replicas: ({ replicas }) => replicas,
    handled: ({ received }) => received,
    pending: ({ pendingBytes }) => pendingBytes,
    rtt: ({ rttMs }) => rttMs,
    rate: ({ perSecond }) => perSecond,
  };
  const value = values[by];
  return [...rows].sort((a, b) => compare(value(a), value(b)));
}

/** What is not known stands last. */
function compare(a: string | number | undefined, b: string | number | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  if (typeof a === 'number' && typeof b === 'number') return b - a;
  return a < b ? -1 : a > b ? 1 : 0;
}
