import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openStream } from '../../src/store/open.ts';
import { connect } from '../../src/transport/nats.ts';
import { runCli } from '../helpers/fake-io.ts';
import { startProgram } from '../helpers/program.ts';
import { type HeddleBus, stages } from './bus.ts';
import { type World, worldFor } from './faults/fault.ts';
import { python, skipWithoutHeddle } from './heddle.ts';

interface Innocent {
  readonly who: string;
  join(bus: HeddleBus, world: World): Promise<unknown>;
}

/** They join one bus, one after the other, and all stay. */
const INNOCENTS: readonly Innocent[] = [
  { who: 'nobody else: a healthy bus', join: async () => {} },
  { who: 'a program in Python that only publishes, on a subject of its own', join: other('publisher') },
  { who: 'a subscriber to subjects of its own', join: other('subscriber') },
  { who: 'somebody who watches the tasks', join: other('watcher') },
  { who: 'somebody who waits for an answer', join: other('waiter') },
  { who: 'a service that answers requests', join: other('service') },
  { who: 'a JetStream consumer of a stream of its own', join: other('consumer') },
  { who: 'somebody who watches a bucket', join: other('bucket') },
  { who: 'a service of the micro framework', join: other('micro') },
  { who: 'a monitor of everything', join: other('monitor') },
  { who: 'a stream that keeps the dead letters', join: keepDeadLetters },
  { who: 'a second replica of a processor', join: (bus) => bus.processor('echo') },
  { who: 'a second replica of the pipeline', join: (bus) => bus.pipeline('digest', stages('echo')) },
  { who: 'a second router of the same rules', join: (bus) => bus.router() },
  { who: 'our own router in the same group', join: ours('heddle.tasks.incoming', 'router') },
  {
    who: 'a foreign worker of every tier, in its queue group',
    join: (bus) => bus.foreignWorker('resize', 'right', { tier: '*' }),
  },
  { who: 'a worker that says `processing` first', join: (bus) => bus.foreignWorker('ocr', 'processing-first') },
  { who: 'a worker type with a dot', join: (bus) => bus.processor('text.split') },
  { who: 'our own gateway', join: ours(undefined, 'gateway', '--listen', '127.0.0.1:0') },
  { who: 'its second replica', join: ours(undefined, 'gateway', '--listen', '127.0.0.1:0') },
  {
    who: 'our own dead-letter watch',
    join: ours('heddle.tasks.dead_letter', 'dead-letter', 'watch', '--store', 'kept'),
  },
  { who: 'our own tail', join: ours('heddle.tasks.x.local', 'tail', '--all') },
  { who: 'our own status, which looks again and again', join: ours(undefined, 'status', '--watch', '1s') },
  { who: 'our own preflight as a sidecar', join: ours(undefined, 'preflight', '--serve', '127.0.0.1:0') },
];

test('nobody innocent is accused', { skip: skipWithoutHeddle }, async (t) => {
  const world = worldFor(t);
  const bus = await world.healthy({ config: 'jetstream { store_dir: "FOLDER/js" }' });
  for (const { who, join } of INNOCENTS) {
    await t.test(who, async () => {
      await join(bus, world);
      const checked = await run(world, bus, [
        'preflight',
        '--rtt-warn',
        '30s',
        '--config',
        'digest.yaml',
        '-o',
        'json',
      ]);
      const { checks } = JSON.parse(checked.stdout) as { checks: { status: string }[] };
      assert.deepEqual(
        checks.filter(({ status }) => status !== 'passed' && status !== 'skipped'),
        [],
      );
      const seen = await run(world, bus, ['status', '-o', 'json']);
      assert.deepEqual((JSON.parse(seen.stdout) as { problems: unknown[] }).problems, []);
    });
  }

  for (const argv of [
    ['echo', '--set', 'text=hello'],
    ['ocr', '--set-json', 'page=1'],
    ['resize', '--set-json', 'width=100'],
    ['text.split', '--set', 'text=hello'],
    ['--goal', 'summarise', '--context', 'text=hello'],
  ]) {
    await t.test(`and all work goes well: submit ${argv.join(' ')}`, async () => {
      const tier = argv.includes('--goal') ? [] : ['--tier', 'local'];
      const { code, stderr } = await run(world, bus, ['submit', ...argv, ...tier, '--wait', '10s']);
      assert.equal(code, 0, stderr);
      // A name with a dot is worth a word of warning before it is sent.
      assert.doesNotMatch(
        stderr.replace(/^warning: worker type "text\.split" makes 2 tokens.*\n/, ''),
        /warning|error/,
      );
    });
  }
});

test('a stage that is tried again is no second answer', { skip: skipWithoutHeddle }, async (t) => {
  const world = worldFor(t);
  const bus = await world.healthy({ without: ['pipeline'] });
  await bus.pipeline('digest', stages('slow').replace('timeout_seconds: 3', 'timeout_seconds: 1\n    max_retries: 3'));
  const waiting = run(world, bus, ['submit', '--goal', 'go', '--context', 'text=hello', '--wait', '20s']);
  // The worker comes when the first try has timed out.
  await pause(1_300);
  await bus.foreignWorker('slow', 'right');
  const { code, stderr } = await waiting;
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /second answer|twice|error/);
});

function run({ folder }: World, { url }: HeddleBus, argv: readonly string[]) {
  return runCli(argv, { cwd: folder, home: `${folder}/home`, env: { NATS_URL: url } });
}

function other(kind: string): Innocent['join'] {
  return async ({ url }, { t, folder }) => {
    const it = python(t, 'innocents.py', [kind, url], folder);
    await until(() => it.log().includes('ready'), it.log);
  };
}

/** Resolves when it has its subscription, or has said something where it has none. */
function ours(subject: string | undefined, ...argv: readonly string[]): Innocent['join'] {
  return async (bus, { t, folder }) => {
    const before = subject === undefined ? 0 : await bus.count(subject);
    const it = startProgram(t, [...argv, '--nats-url', bus.url], { cwd: folder });
    if (subject === undefined) await it.seen(/./);
    else await bus.heard(subject, before + 1);
  };
}

async function keepDeadLetters({ url }: HeddleBus, { t }: { t: TestContext }): Promise<void> {
  const bus = await connect({ servers: [url], timeoutMs: 10_000 });
  t.after(() => bus.close());
  const stream = await openStream({ home: 'jetstream', bus, storage: 'memory' }, 'LETTERS');
  await stream.ensure({ subjects: ['heddle.tasks.dead_letter'] });
  await stream.close();
}

async function until(done: () => boolean, log: () => string): Promise<void> {
  const from = performance.now();
  while (!done()) {
    assert.ok(performance.now() - from < 20_000, log());
    await pause(20);
  }
}
