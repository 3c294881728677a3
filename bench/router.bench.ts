import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { connect as bareConnect } from 'nats';
import { NO_RULES } from '../src/router/rules.ts';
import { runRouter } from '../src/router/run.ts';
import { connect } from '../src/transport/nats.ts';
import { judge } from './budget.ts';
import { startBenchBus } from './bus.ts';
import { median } from './median.ts';
import type { LoadCommand, LoadReport } from './router-load.ts';

// The router against a bare client loop that parses each task and publishes it again: same bus, same messages, same run.

const MESSAGES = 100_000;
const ROUNDS = 5;
const RATE = 10_000;
const SECONDS = 1.5;
const LATENCY_ROUNDS = 7;

const bus = await startBenchBus();
const load: ChildProcess = fork(fileURLToPath(new URL('router-load.js', import.meta.url)), [bus.url]);
await once(load, 'message');

async function ask(command: LoadCommand): Promise<LoadReport> {
  load.send(command);
  const [report] = (await once(load, 'message')) as [LoadReport];
  return report;
}

/** One way to route, started and stopped around what is measured. */
type Way = () => Promise<() => Promise<void>>;

const bare: Way = async () => {
  const nc = await bareConnect({ servers: bus.url });
  nc.subscribe('heddle.tasks.incoming', {
    queue: 'router',
    callback: (_error, message) => {
      const task = message.json<{ worker_type: string; model_tier: string }>();
      nc.publish(`heddle.tasks.${task.worker_type}.${task.model_tier}`, message.data);
    },
  });
  await nc.flush();
  return () => nc.close();
};

const ours: Way = async () => {
  const transport = await connect({ servers: [bus.url] });
  await runRouter(transport, { rules: NO_RULES });
  return () => transport.close();
};

interface Throughput {
  rate: number;
  cpuUs: number;
}

async function throughput(way: Way): Promise<Throughput> {
  const stop = await way();
  const before = process.cpuUsage();
  const { ms } = await ask({ kind: 'flood', messages: MESSAGES });
  const { user, system } = process.cpuUsage(before);
  await stop();
  return { rate: (MESSAGES / ms) * 1000, cpuUs: (user + system) / MESSAGES };
}

async function latency(way: Way | undefined): Promise<LoadReport> {
  const stop = await way?.();
  const report = await ask({ kind: 'pace', rate: RATE, seconds: SECONDS, direct: way === undefined });
  await stop?.();
  return report;
}

await throughput(bare);
await throughput(ours);
const rounds: { bare: Throughput; ours: Throughput }[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  rounds.push({ bare: await throughput(bare), ours: await throughput(ours) });
}
const ratio = median(rounds.map((each) => each.ours.rate / each.bare.rate));
const cpu = median(rounds.map((each) => each.bare.cpuUs / each.ours.cpuUs));
const rate = (pick: 'bare' | 'ours'): string =>
  `${Math.round(median(rounds.map((each) => each[pick].rate))).toLocaleString('en')}/s`;
console.log(`bus: ${bus.what}; ${MESSAGES.toLocaleString('en')} tasks of ~330 B, median of ${ROUNDS} pairs`);
console.log(
  `bare client loop     ${rate('bare')}, ${median(rounds.map((each) => each.bare.cpuUs)).toFixed(1)} us of CPU a task`,
);
console.log(
  `router               ${rate('ours')}, ${median(rounds.map((each) => each.ours.cpuUs)).toFixed(1)} us of CPU a task`,
);
console.log(
  `throughput           ${(ratio * 100).toFixed(0)} % of the bare loop   ${judge('router', 'throughput', ratio)}`,
);
console.log(`by CPU time          ${(cpu * 100).toFixed(0)} % of the bare loop`);

const direct: LoadReport[] = [];
const relayed: LoadReport[] = [];
const routed: LoadReport[] = [];
for (let round = 0; round < LATENCY_ROUNDS; round += 1) {
  direct.push(await latency(undefined));
  relayed.push(await latency(bare));
  routed.push(await latency(ours));
}
const p = (reports: readonly LoadReport[], which: 'p50' | 'p99'): number => median(reports.map((each) => each[which]));
const line = (name: string, reports: readonly LoadReport[]): void =>
  console.log(`${name.padEnd(20)} p50 ${p(reports, 'p50').toFixed(2)} ms, p99 ${p(reports, 'p99').toFixed(2)} ms`);
console.log(`\nlatency at ${RATE.toLocaleString('en')} tasks a second, ${SECONDS} s, median of ${LATENCY_ROUNDS}`);
line('without a router', direct);
line('bare client loop', relayed);
line('router', routed);
const added = p(routed, 'p99') - p(direct, 'p99');
console.log(
  `added p99            ${added.toFixed(2)} ms   ${judge('router', 'added p99', added)}; over the bare loop ${(p(routed, 'p99') - p(relayed, 'p99')).toFixed(2)} ms`,
);

load.kill();
await bus.stop();
