import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from '../../src/transport/nats.ts';
import { randomObject, seeded } from '../contract/random-json.ts';
import { runCli } from '../helpers/fake-io.ts';
import { findNewestNatsServer } from '../helpers/nats-server.ts';
import { startProgram } from '../helpers/program.ts';
import { type HeddleBus, stages, workerConfig } from './bus.ts';
import { HOME, type World, worldFor } from './faults/fault.ts';
import { skipWithoutHeddle } from './heddle.ts';

// Heddle's router beside ours, its processor beside ours, and its pipeline over both: who takes which task is chance, and what comes
// back is exact all the same.

const TASKS = 800;
const GOALS = 200;
const SEED = Number(process.env.HEDDLE_FUZZ_SEED ?? 20_261_128);

const SERVERS = [
  { name: "the machine's nats-server", program: undefined, skip: skipWithoutHeddle },
  {
    name: 'the newest nats-server',
    program: findNewestNatsServer(),
    skip: skipWithoutHeddle || (findNewestNatsServer() === undefined && 'HEDDLE_NATS_SERVER_NEWEST names none'),
  },
];

for (const { name, program, skip } of SERVERS) {
  test(`${TASKS} tasks and ${GOALS} goals on ${name}, both routers and both workers at work (seed ${SEED})`, {
    skip,
    timeout: 110_000,
  }, async (t) => {
    const world = worldFor(t);
    const bus = await world.bus({ program });
    const ours = await mixed(world, bus);
    const random = seeded(SEED);
    const payloads = Array.from({ length: TASKS }, (_, at) => ({
      text: `t${at}`,
      odd: plain(randomObject(random, 2)),
    }));
    world.write('tasks.ndjson', payloads.map((payload) => `${JSON.stringify(payload)}\n`).join(''));

    const watcher = await connect({ servers: [bus.url] });
    t.after(() => watcher.close());
    const seen = new Map<string, number>();
    watcher.subscribe('heddle.results.>', ({ data }) => {
      const { task_id: id } = JSON.parse(Buffer.from(data).toString()) as { task_id: string };
      seen.set(id, (seen.get(id) ?? 0) + 1);
    });
    await watcher.flush();

    const argv = ['submit', 'echo', '--tier', 'local', '--jsonl', 'tasks.ndjson', '--lines', 'payload'];
    const [sent, goals] = await Promise.all([
      cli(world, bus, [...argv, '--wait', '60s', '--concurrency', '64', '-o', 'json']),
      sendGoals(bus, GOALS),
    ]);
    assert.equal(sent.code, 0, sent.stderr + sent.stdout.slice(-2_000));
    const results = sent.stdout
      .trim()
      .split('\n')
      .map(
        (line) => JSON.parse(line) as { type?: string; line?: number; result?: { output?: unknown }; counts?: object },
      )
      .filter(({ line }) => line !== undefined);
    assert.equal(results.length, TASKS);
    for (const { line = 0, result } of results) assert.deepEqual(result?.output, payloads[line - 1], `line ${line}`);
    // A goal has a result, and so has its stage; each task one, however many routers and workers there are.
    for (const [at, text] of goals.entries()) assert.equal(text, `g${at}`);
    assert.deepEqual(
      [...seen.values()].filter((times) => times !== 1),
      [],
    );
    assert.equal(seen.size, TASKS + 2 * GOALS);
    const shares = await ours();
    t.diagnostic(
      `seed ${SEED}: of ${TASKS + GOALS} tasks our router forwarded ${shares.routed}, our worker did ${shares.worked}`,
    );
    for (const share of Object.values(shares)) {
      assert.ok(share > 0 && share < TASKS + GOALS, `one of the two had all or none: ${JSON.stringify(shares)}`);
    }
  });
}

/** What is returned ends our two, and says how many tasks they had. */
async function mixed(world: World, bus: HeddleBus): Promise<() => Promise<{ routed: number; worked: number }>> {
  const { t, folder, write } = world;
  await Promise.all([bus.router(), bus.processor('echo')]);
  await bus.pipeline('digest', stages('echo').replace('timeout_seconds: 3', 'timeout_seconds: 60'));
  write('ours.yaml', workerConfig('echo', 'Echo'));
  const reach = ['-o', 'ndjson', '--nats-url', bus.url];
  const router = startProgram(t, ['router', '--log-format', 'json', ...reach], { cwd: folder });
  const argv = ['worker', '--config', 'ours.yaml', '--tier', 'local', '--echo', '--concurrency', '8'];
  const worker = startProgram(t, [...argv, ...reach], { cwd: folder });
  await Promise.all([bus.heard('heddle.tasks.incoming', 2), bus.heard('heddle.tasks.echo.local', 2)]);
  const total = async (program: typeof router, event: string, count: string): Promise<number> => {
    program.kill('SIGTERM');
    await program.ended;
    return Number(program.lines().find((line) => line.event === event)?.[count] ?? 0);
  };
  return async () => ({
    routed: await total(router, 'router_stopped', 'forwarded'),
    worked: await total(worker, 'worker_stopped', 'completed'),
  });
}

/** The text that comes back of each. */
async function sendGoals({ url }: HeddleBus, count: number): Promise<string[]> {
  const bus = await connect({ servers: [url] });
  const texts: string[] = [];
  let tellAll = (): void => {};
  const all = new Promise<void>((resolve) => {
    tellAll = resolve;
  });
  for (let at = 0; at < count; at += 1) {
    bus.subscribe(`heddle.results.goal-${at}`, ({ data }) => {
      const { task_id: id, output } = JSON.parse(Buffer.from(data).toString()) as {
        task_id: string;
        output: Record<string, { text?: string }>;
      };
      // The stage's own result passes here, too.
      if (id !== `goal-${at}`) return;
      texts[at] = output.echo?.text ?? JSON.stringify(output);
      if (Object.keys(texts).length === count) tellAll();
    });
  }
  await bus.flush();
  for (let at = 0; at < count; at += 1) {
    bus.publish(
      'heddle.goals.incoming',
      JSON.stringify({ goal_id: `goal-${at}`, instruction: 'go', context: { text: `g${at}` } }),
    );
    if (at % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await all;
  await bus.close();
  return texts;
}

function cli(world: World, { url }: HeddleBus, argv: readonly string[]): ReturnType<typeof runCli> {
  return runCli(argv, { cwd: world.folder, home: join(world.folder, HOME), env: { NATS_URL: url } });
}

/** What survives a parser that reads numbers as doubles: elsewhere, tests hold us to every digit. */
function plain(text: string): unknown {
  return JSON.parse(
    JSON.stringify(JSON.parse(text), (_, value: unknown) =>
      typeof value === 'string' ? Buffer.from(value).toString() : value,
    ),
  );
}
