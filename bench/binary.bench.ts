import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { connect } from '../src/transport/nats.ts';
import { findNatsServer } from '../test/helpers/nats-server.ts';
import { inProject } from '../test/helpers/root.ts';
import { hasBudget, judge } from './budget.ts';
import { startBenchBus } from './bus.ts';
import { openHose } from './hose.ts';
import { median } from './median.ts';

// The binary beside the nats CLI, which is Go's, at each one's start; and beside the same program on Node where messages pass.
// HEDDLE_NATS_CLI names a nats that is not on the PATH.

const BINARY = inProject('dist', 'bin', `heddle-ts-linux-${process.arch}`);
const ON_NODE = [process.execPath, inProject('bin', 'heddle-ts.js')] as const;
const PAIRS = 25;
const ROUNDS = 5;
const TAILED = 100_000;
const SUBMITTED = 20_000;
const ROUTED = 30_000;
const RESULT = Buffer.from(
  `{"task_id":"3f0c9e0e-8a55-4c86-9d3c-6f1f2b7c1d10","parent_task_id":null,"worker_type":"echo","status":"completed","output":{"text":"${'x'.repeat(120)}"},"error":null,"processing_time_ms":12}`,
);
const SETTINGS = ['--no-env-file', '--no-nats-context'];

type Command = readonly [file: string, ...argv: string[]];

const nats = process.env.HEDDLE_NATS_CLI ?? onPath('nats');
if (!existsSync(BINARY)) console.log(`left out: there is no ${BINARY}: npm run build:binary`);
else {
  console.log(`size                 ${(statSync(BINARY).size / 1024 / 1024).toFixed(1)} MiB`);
  const bus = await startBenchBus();
  try {
    await starts(bus.url);
    await messages(bus.url);
  } finally {
    await bus.stop();
  }
}

async function starts(url: string): Promise<void> {
  const config = inProject('configs', 'workers', 'echo.yaml');
  const bare: Command = [process.execPath, '-e', '0'];
  const preflight = ['preflight', '--nats-url', url, ...SETTINGS];
  const actors = await busWithActors(url);
  try {
    compare('--version', [BINARY, '--version'], bare, 'node -e 0');
    if (nats === undefined) return console.log('beside the nats CLI: left out, there is none (HEDDLE_NATS_CLI)');
    compare('--version', [BINARY, '--version'], [nats, '--version'], 'nats --version');
    compare('validate a file', [BINARY, 'validate', config], [nats, '--version'], 'nats --version');
    if (findNatsServer() === undefined) return;
    const check: Command = [nats, 'server', 'check', 'connection', '--server', url];
    compare('preflight', [BINARY, ...preflight], check, 'nats server check connection');
  } finally {
    await actors.close();
  }
}

async function messages(url: string): Promise<void> {
  const sides: readonly Command[] = [ON_NODE, [BINARY]];
  for (const [name, run] of [
    ['tail to ndjson', tail],
    ['submit a batch', async (side: Command) => submit(side, url)],
    ['router', async (side: Command) => await route(side, url)],
  ] as const) {
    const ratios: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const [node = Number.NaN, binary = Number.NaN] = [await run(sides[0] as Command), await run(sides[1] as Command)];
      ratios.push(binary / node);
    }
    tell(name, median(ratios), 'its time on Node');
  }
}

/** From the first message poured to its end. */
async function tail([file, ...first]: Command): Promise<number> {
  const hose = await openHose('heddle.results.>', 'heddle.results.default', RESULT);
  try {
    const argv = ['tail', '--nats-url', hose.url, '-q', '-o', 'ndjson', '--count', String(TAILED), ...SETTINGS];
    const child = spawn(file, [...first, ...argv], { stdio: ['ignore', 'ignore', 'inherit'] });
    const ended = once(child, 'exit');
    await Promise.race([hose.ready(), ended]);
    const from = performance.now();
    await hose.pour(TAILED);
    if ((await ended)[0] !== 0) throw new Error(`tail ended with ${child.exitCode}`);
    return performance.now() - from;
  } finally {
    hose.close();
  }
}

function submit([file, ...first]: Command, url: string): number {
  const how = ['--tier', 'local', '--set', 'text=x', '--count', String(SUBMITTED), '--allow-unheard', '-q'];
  return timed([file, ...first, 'submit', 'echo', ...how, '--nats-url', url, ...SETTINGS]);
}

/** From the first task published to the last one forwarded. */
async function route([file, ...first]: Command, url: string): Promise<number> {
  const bus = await connect({ servers: [url] });
  const argv = ['router', '--nats-url', url, '-q', ...SETTINGS];
  // Where no rules lie, so that no rate is limited.
  const router = spawn(file, [...first, ...argv], { cwd: tmpdir(), stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    let came = 0;
    let all = (): void => {};
    const done = new Promise<void>((resolve) => {
      all = resolve;
    });
    bus.subscribe('heddle.tasks.echo.>', () => {
      came += 1;
      if (came === ROUTED + 1) all();
    });
    const task = JSON.stringify({ task_id: 't', worker_type: 'echo', payload: { text: 'x' }, model_tier: 'local' });
    // The first one to come through says that it listens.
    while (came === 0) {
      bus.publish('heddle.tasks.incoming', task);
      await bus.flush();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    came = 1;
    const from = performance.now();
    for (let sent = 0; sent < ROUTED; sent += 1) {
      bus.publish('heddle.tasks.incoming', task);
      if (sent % 500 === 0) await bus.flush();
    }
    await done;
    return performance.now() - from;
  } finally {
    router.kill('SIGTERM');
    await once(router, 'exit');
    await bus.close();
  }
}

async function busWithActors(url: string): Promise<{ close(): Promise<void> }> {
  const bus = await connect({ servers: [url] });
  bus.subscribe('heddle.tasks.incoming', () => {});
  bus.subscribe('heddle.tasks.echo.local', () => {}, { queue: 'processors-echo' });
  bus.subscribe('heddle.goals.incoming', () => {}, { queue: 'pipelines' });
  await bus.flush();
  return bus;
}

function compare(name: string, ours: Command, theirs: Command, what: string): void {
  timed(ours);
  timed(theirs);
  const ratios = Array.from({ length: PAIRS }, () => timed(ours) / timed(theirs));
  tell(name, median(ratios), what);
}

function tell(name: string, ratio: number, what: string): void {
  const verdict = hasBudget('binary', `${name}, ${what}`) ? `   ${judge('binary', `${name}, ${what}`, ratio)}` : '';
  console.log(`${name.padEnd(20)} ${ratio.toFixed(2)} x ${what}${verdict}`);
}

function timed([file, ...argv]: Command): number {
  const from = performance.now();
  const { status, stderr, error } = spawnSync(file, argv, { stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${file} ${argv.join(' ')} exited ${status ?? error}: ${stderr}`);
  return performance.now() - from;
}

function onPath(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
}
