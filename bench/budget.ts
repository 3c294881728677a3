import { appendFileSync, readFileSync } from 'node:fs';
import { inProject } from '../test/helpers/root.ts';

// What each bench may cost stands in budgets.json, and nowhere else. tools/bench.mjs gathers what was judged.

export interface Budget {
  readonly atMost?: number;
  readonly below?: number;
  readonly atLeast?: number;
  /** What the number counts: `x node -e 0`, `MB`. */
  readonly of: string;
  /** Where we would like to be. */
  readonly aim?: number;
}

export interface Judgement {
  readonly bench: string;
  readonly what: string;
  readonly value: number;
  readonly budget: Budget;
  readonly kept: boolean;
}

const BUDGETS = JSON.parse(readFileSync(inProject('bench', 'budgets.json'), 'utf8')) as Record<
  string,
  Record<string, Budget>
>;

export function hasBudget(bench: string, what: string): boolean {
  return BUDGETS[bench]?.[what] !== undefined;
}

/** The verdict on a figure, in words for its line: `(budget 1.3 x node -e 0, kept)`. Throws when nobody set a budget for it. */
export function judge(bench: string, what: string, value: number): string {
  const budget = BUDGETS[bench]?.[what];
  if (budget === undefined) throw new Error(`bench/budgets.json has no "${what}" of "${bench}"`);
  const judgement: Judgement = { bench, what, value, budget, kept: isKept(budget, value) };
  const file = process.env.HEDDLE_BENCH_JUDGEMENTS;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(judgement)}\n`);
  return `(budget: ${boundOf(budget)}; ${judgement.kept ? 'kept' : 'MISSED'})`;
}

function isKept({ atMost, below, atLeast }: Budget, value: number): boolean {
  if (atMost !== undefined) return value <= atMost;
  if (below !== undefined) return value < below;
  return value >= (atLeast ?? Number.NaN);
}

function boundOf({ atMost, below, atLeast, of, aim }: Budget): string {
  const bound =
    atMost !== undefined ? `at most ${atMost}` : below !== undefined ? `below ${below}` : `at least ${atLeast}`;
  return `${bound} ${of}${aim === undefined ? '' : `, aim ${aim}`}`;
}
