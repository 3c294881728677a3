import { type Report, type Result, stateOf } from './report.ts';

export type Change =
  | { readonly kind: 'broken' | 'changed' | 'recovered'; readonly result: Result }
  /** It can no longer be told, or can be told again. */
  | { readonly kind: 'skipped'; readonly result: Result };

/** What is news in `after`. Without a round before, everything that is not well. */
export function changesBetween(before: Report | undefined, after: Report): Change[] {
  const known = new Map(before?.results.map((result) => [result.id, result]));
  return after.results.flatMap((result): Change[] => {
    const was = known.get(result.id);
    if (was !== undefined && stateOf(was) === stateOf(result)) return [];
    const wasBad = was !== undefined && isBad(was);
    if (isBad(result)) return [{ kind: wasBad ? 'changed' : 'broken', result }];
    if (wasBad && result.status === 'passed') return [{ kind: 'recovered', result }];
    if (result.status === 'skipped' && was?.status === 'passed') return [{ kind: 'skipped', result }];
    return [];
  });
}

function isBad({ status }: Result): boolean {
  return status === 'failed' || status === 'warning';
}
