import type { Problem } from '../../topology/problem.ts';
import { plural } from '../../topology/wording.ts';
import { HTTP_GROUP, type ListenerRow } from './rows.ts';

/** What of two readings is compared. Counters move all the time: news is who is there, and what is wrong. */
export interface Standing {
  readonly rows: readonly ListenerRow[];
  readonly problems: readonly Problem[];
  readonly gaps: readonly string[];
  /** Some gateway does not tell who works over HTTP: who is not among the rows need not have gone. */
  readonly httpUnknown: boolean;
}

/** Commands that look and go are no news. */
const PASSING: ReadonlySet<string> = new Set(['silent', 'observer', 'other']);

/** What changed, each in a line; empty where nothing did. What went wrong stands first. */
export function changesBetween(before: Standing, after: Standing): readonly string[] {
  const was = byWho(before.rows);
  const is = byWho(after.rows);
  const isOutOfSight = (who: string): boolean => after.httpUnknown && who.endsWith(`(${HTTP_GROUP})`);
  return [
    ...missingIn(before.problems, after.problems).map(({ message }) => `problem: ${message}`),
    ...missingIn(after.problems, before.problems).map(({ message }) => `no more: ${message}`),
    ...[...is].flatMap(([who, replicas]) => {
      const earlier = was.get(who);
      if (earlier === replicas) return [];
      return [
        earlier === undefined ? `${who} came, ${many(replicas)}` : `${who}: ${many(replicas)}, ${earlier} before`,
      ];
    }),
    ...[...was]
      .filter(([who]) => !is.has(who) && !isOutOfSight(who))
      .map(([who, replicas]) => `${who} went, ${many(replicas)} before`),
    ...after.gaps.filter((gap) => !before.gaps.includes(gap)).map((gap) => `out of sight: ${gap}`),
  ];
}

function byWho(rows: readonly ListenerRow[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { role, name, tier, group, replicas } of rows) {
    // Of whom it is not known how many there are, nobody knows that one came.
    if (PASSING.has(role) || replicas === undefined) continue;
    const called = [role, tier === '' ? name : `${name}.${tier}`, group === '-' ? '' : `(${group})`]
      .filter(Boolean)
      .join(' ');
    counts.set(called, (counts.get(called) ?? 0) + replicas);
  }
  return counts;
}

/** Those of the second list that the first has not. A problem that says other figures of the same thing is the same. */
function missingIn(known: readonly Problem[], all: readonly Problem[]): readonly Problem[] {
  return all.filter(({ id, target }) => !known.some((each) => each.id === id && each.target === target));
}

function many(replicas: number): string {
  return `${replicas} ${plural(replicas, 'replica')}`;
}
