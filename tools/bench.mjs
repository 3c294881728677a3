// Compiles, builds, then runs each bench/*.bench.ts in turn; their budgets are those of bench/budgets.json. Ends with 1 when one is missed.
// `npm run bench -- cold submit` runs those whose name holds one of the words.
// `--check` ends with 1 only for a miss of more than a quarter: what a busy machine cannot explain.
// `--peers` runs the peers instead (bench/peers), and writes docs/benchmarks.md.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { heddleEnvironment } from './heddle-environment.mjs';
import { run } from './run.mjs';

const TOLERANCE = 0.25;
const JUDGEMENTS = join('.build', 'judgements.ndjson');

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const flags = process.argv.slice(2).filter((word) => word.startsWith('-'));
const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const unknown = flags.filter((flag) => !['--check', '--peers'].includes(flag));
if (unknown.length > 0) {
  console.error(`npm run bench knows --check and --peers, not ${unknown.join(', ')}`);
  process.exit(2);
}
run('node', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']);
run('node', ['tools/build.mjs']);
rmSync(JUDGEMENTS, { force: true });
const peers = flags.includes('--peers');
// Without Heddle the others are compared, and it is named as absent.
const venv = peers ? heddleEnvironment().folder : undefined;
const env = { ...process.env, HEDDLE_BENCH_JUDGEMENTS: JUDGEMENTS, ...(venv && { HEDDLE_VENV: venv }) };
const files = peers
  ? [join('peers', 'main.js')]
  : readdirSync('.build/bench')
      .filter((name) => name.endsWith('.bench.js'))
      .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
      .sort();
for (const file of files) {
  console.log(`\n== ${file.replace('.bench.js', '')}`);
  run('node', ['--expose-gc', `.build/bench/${file}`], { env });
}

const judged = existsSync(JUDGEMENTS)
  ? readFileSync(JUDGEMENTS, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  : [];
const missed = judged.filter(({ kept }) => !kept).map((each) => ({ ...each, by: missOf(each) }));
console.log(`\n${judged.length} budgets were looked at, ${missed.length} missed`);
for (const { bench, what, value, budget, by } of missed) {
  const bound = budget.atMost ?? budget.below ?? budget.atLeast;
  const share = Number.isFinite(by) ? `${Math.round(by * 100)} %` : 'any measure';
  console.log(`  ${bench}, ${what}: ${value.toPrecision(3)} ${budget.of}, the budget is ${bound}: missed by ${share}`);
}
if (missed.some(({ by }) => !flags.includes('--check') || by > TOLERANCE)) process.exitCode = 1;

/** By which share of the budget: at 25 % too slow, a quarter. */
function missOf({ value, budget }) {
  const most = budget.atMost ?? budget.below;
  return most !== undefined ? value / most - 1 : 1 - value / budget.atLeast;
}
