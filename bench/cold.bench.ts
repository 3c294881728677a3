import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { connect } from '../src/transport/nats.ts';
import { judge } from './budget.ts';
import { startBenchBus } from './bus.ts';

// Cold starts as ratios to the bare runtime: pairs of processes, one after the other, medians of many. HEDDLE_BENCH_NODE names
// a Node of 22.8 or newer, which keeps compiled code between runs: there the commands that talk to a bus are held to more.

const BIN = fileURLToPath(new URL('../../bin/heddle-ts.js', import.meta.url));
const PAIRS = 25;

for (const name of ['--version', '--help']) compare(process.execPath, name, [name]);
const newer = process.env.HEDDLE_BENCH_NODE;
if (newer === undefined) console.log('a newer Node: left out, HEDDLE_BENCH_NODE names none');
else await onNewer(newer);

async function onNewer(node: string): Promise<void> {
  const said = spawnSync(node, ['--version'], { encoding: 'utf8' });
  if (said.status !== 0) throw new Error(`${node} is no Node that runs here`);
  console.log(`Node ${said.stdout.trim()}, with its compile cache`);
  const bus = await startBenchBus();
  const { url } = bus;
  const others = await connect({ servers: [url] });
  try {
    for (const subject of ['heddle.tasks.incoming', 'heddle.goals.incoming', 'heddle.tasks.dead_letter']) {
      others.subscribe(subject, () => {});
    }
    await others.flush();
    compare(node, 'newer Node: --version', ['--version']);
    compare(node, 'newer Node: preflight', ['preflight', '--nats-url', url]);
    compare(node, 'newer Node: submit', ['submit', 'echo', '--set', 'text=hello', '--nats-url', url]);
  } finally {
    await others.close();
    await bus.stop();
  }
}

function compare(node: string, name: string, argv: readonly string[]): void {
  const ratios: number[] = [];
  time(node, ['-e', '0']);
  // The second start finds what the first one compiled.
  for (let warm = 0; warm < 2; warm += 1) time(node, [BIN, ...argv]);
  for (let pair = 0; pair < PAIRS; pair++) {
    const bare = time(node, ['-e', '0']);
    ratios.push(time(node, [BIN, ...argv]) / bare);
  }
  ratios.sort((a, b) => a - b);
  const median = ratios[Math.floor(PAIRS / 2)] as number;
  console.log(`${name.padEnd(24)} ${median.toFixed(2)} x node -e 0   ${judge('cold', name, median)}`);
}

function time(node: string, argv: readonly string[]): number {
  const from = performance.now();
  const done = spawnSync(node, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ms = performance.now() - from;
  if (done.status !== 0) throw new Error(`${argv.join(' ')} exited ${done.status}: ${done.stderr}`);
  return ms;
}
