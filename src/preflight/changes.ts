import { type Report, type Result, stateOf } from './report.ts';

export type Change =
  | { readonly kind: 'broken' | 'changed' | 'recovered'; readonly result: Result }
  /** They can no longer be told, all for one reason. */
  | { readonly kind: 'skipped'; readonly result: Result; readonly others: number };

/** What is news in `after`. Without a round before, everything that is not well. */
export function changesBetween(before: Report | undefined, after: Report): Change[] {
  const known = new Map(before?.results.map((result) => [result.id, result]));
  const skipped = new Map<string | undefined, Result[]>();
  const changes = after.results.flatMap((result): Change[] => {
    const was = known.get(result.id);
    if (was !== undefined && stateOf(was) === stateOf(result)) return [];
    const wasBad = was !== undefined && isBad(was);
    if (isBad(result)) return [{ kind: wasBad ? 'changed' : 'broken', result }];
    if (wasBad && result.status === 'passed') return [{ kind: 'recovered', result }];
    if (result.status === 'skipped' && was?.status === 'passed') {
      const same = skipped.get(result.reason);
      if (same === undefined) skipped.set(result.reason, [result]);
      else same.push(result);
    }
    return [];
  });
  for (const [result, ...others] of skipped.values()) {
    if (result !== undefined) changes.push({ kind: 'skipped', result, others: others.length });
  }
  return changes;
}

function isBad({ status }: Result): boolean {
  return status === 'failed' || status === 'warning';
}
