import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../helpers/fake-io.ts';
import { startProgram } from '../helpers/program.ts';
import { type HeddleBus, stages, workerConfig } from './bus.ts';
import { HOME, type World, worldFor } from './faults/fault.ts';
import { skipWithoutHeddle } from './heddle.ts';

// Ids and names that make more than one token of a subject, or are written in other letters: whatever NATS can carry goes
// through our parts as it goes through Heddle's.

const TYPE = 'text.split';
const IDS = ['order.42', 'größe', 'a.b.c-1', '注文.7'];
const SIDES = ['heddle', 'heddle-ts'] as const;
type Side = (typeof SIDES)[number];

for (const router of SIDES) {
  for (const worker of SIDES) {
    test(`the router of ${router} and the worker of ${worker}`, { skip: skipWithoutHeddle }, async (t) => {
      const world = worldFor(t);
      const bus = await world.bus();
      await Promise.all([startRouter(world, bus, router), startWorker(world, bus, worker)]);
      await bus.pipeline('digest', stages(TYPE).replace(`name: ${TYPE}`, 'name: split'));
      const tail = startProgram(t, ['tail', '-o', 'ndjson', '--nats-url', bus.url], { cwd: world.folder });
      await bus.heard('heddle.tasks.dead_letter', 1);
      for (const id of IDS) {
        await completes(bus, world, [TYPE, '--tier', 'local', '--set', 'text=hello', '--parent', id]);
        await completes(bus, world, ['--goal', 'split', '--context', 'text=hello', '--goal-id', id]);
        await tail.seen(new RegExp(`"subject":"heddle\\.results\\.${id.replaceAll('.', '\\.')}"`));
      }
      assert.doesNotMatch(tail.stdout(), /"kind":"(dead_letter|unknown)"/);
    });
  }
}

async function completes({ url }: HeddleBus, { folder }: World, argv: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await runCli(['submit', ...argv, '--wait', '10s', '-o', 'json'], {
    cwd: folder,
    home: join(folder, HOME),
    env: { NATS_URL: url },
  });
  assert.equal(code, 0, `${argv.join(' ')}\n${stderr}${stdout}`);
}

async function startRouter({ t, folder }: World, bus: HeddleBus, side: Side): Promise<void> {
  if (side === 'heddle') return void (await bus.router());
  startProgram(t, ['router', '--nats-url', bus.url], { cwd: folder });
  await bus.heard('heddle.tasks.incoming', 1);
}

async function startWorker({ t, folder, write }: World, bus: HeddleBus, side: Side): Promise<void> {
  if (side === 'heddle') return void (await bus.processor(TYPE));
  write('split.yaml', workerConfig(TYPE, 'Echo'));
  startProgram(t, ['worker', '--config', 'split.yaml', '--echo', '--nats-url', bus.url], { cwd: folder });
  await bus.heard(`heddle.tasks.${TYPE}.local`, 1);
}
