import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { judge } from './budget.ts';

// Cold starts as ratios to the bare runtime: pairs of processes, one after the other, medians of many.

const BIN = fileURLToPath(new URL('../../bin/heddle-ts.js', import.meta.url));
const PAIRS = 25;

const CASES = ['--version', '--help'];

for (const name of CASES) {
  const ratios: number[] = [];
  time(['-e', '0']);
  time([BIN, name]);
  for (let pair = 0; pair < PAIRS; pair++) {
    const bare = time(['-e', '0']);
    ratios.push(time([BIN, name]) / bare);
  }
  ratios.sort((a, b) => a - b);
  const median = ratios[Math.floor(PAIRS / 2)] as number;
  console.log(`${name.padEnd(12)} ${median.toFixed(2)} x node -e 0   ${judge('cold', name, median)}`);
}

function time(argv: readonly string[]): number {
  const from = performance.now();
  const done = spawnSync(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ms = performance.now() - from;
  if (done.status !== 0) throw new Error(`${argv.join(' ')} exited ${done.status}: ${done.stderr}`);
  return ms;
}
