import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

// Cold starts as ratios to the bare runtime: pairs of processes, one after the other, medians of many.

const BIN = fileURLToPath(new URL('../../bin/heddle-ts.js', import.meta.url));
const PAIRS = 25;

const CASES: readonly { name: string; argv: readonly string[]; budget: number }[] = [
  { name: '--version', argv: ['--version'], budget: 1.3 },
  { name: '--help', argv: ['--help'], budget: 1.3 },
];

for (const { name, argv, budget } of CASES) {
  const ratios: number[] = [];
  time(['-e', '0']);
  time([BIN, ...argv]);
  for (let pair = 0; pair < PAIRS; pair++) {
    const bare = time(['-e', '0']);
    ratios.push(time([BIN, ...argv]) / bare);
  }
  ratios.sort((a, b) => a - b);
  const median = ratios[Math.floor(PAIRS / 2)] as number;
  console.log(
    `${name.padEnd(12)} ${median.toFixed(2)} x node -e 0   (budget ${budget}, ${median <= budget ? 'kept' : 'MISSED'})`,
  );
}

function time(argv: readonly string[]): number {
  const from = performance.now();
  const done = spawnSync(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ms = performance.now() - from;
  if (done.status !== 0) throw new Error(`${argv.join(' ')} exited ${done.status}: ${done.stderr}`);
  return ms;
}
