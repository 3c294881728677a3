import { openStream } from '../../../src/store/open.ts';
import { connect } from '../../../src/transport/nats.ts';
import { type Fault, preflight, submit, type World } from './fault.ts';

const JETSTREAM = 'jetstream { store_dir: "FOLDER/js" }';

/** The forms in which results come that nobody at Heddle can read. */
const MALFORMED: readonly (readonly [way: string, form: string, place: string])[] = [
  ['no-task-id', 'without `task_id`', '/task_id'],
  ['no-worker-type', 'without `worker_type`', '/worker_type'],
  ['no-status', 'without `status`', '/status'],
  ['own-status', 'with the status `done`', '/status'],
  ['text-output', 'with a text for `output`', '/output'],
  ['fraction', 'with a fraction in `processing_time_ms`', '/processing_time_ms'],
];

/** And those in which it belongs to nobody. */
const ASTRAY: readonly (readonly [way: string, number: number, fault: string, named: RegExp])[] = [
  ['other-task-id', 26, 'a malformed result: with another `task_id`', /it names the task .*, not ours/],
  ['default', 27, 'a result on `heddle.results.default`', /on heddle\.results\.default, and that counts for nobody/],
  ['by-task-id', 27, 'a result on a subject of its `task_id`', /it belongs on heddle\.results\.order-7/],
];

/** Answers that are wrong, go astray or never come; and streams that stand in for listeners. */
export const ANSWERS: readonly Fault[] = [
  ...MALFORMED.map(
    ([way, form, place]): Fault => ({
      number: 26,
      fault: `a malformed result: ${form}`,
      made: 'a worker that somebody wrote in Python',
      make: async (world) => await answered(world, way),
      named: new RegExp(`is no result that Heddle accepts: ${place}: `),
      remedy: /hint: The worker that sent it must be mended/,
      never: /did not answer yet/,
      exit: 1,
    }),
  ),
  ...ASTRAY.map(
    ([way, number, fault, named]): Fault => ({
      number,
      fault,
      made: 'a worker that somebody wrote in Python',
      // With a parent the subject belongs to all of its tasks, and an answer to another of them is none astray.
      make: async (world) => await answered(world, way, ...(number === 27 ? ['--parent', 'order-7'] : [])),
      named,
      // It is told when the wait ends, or after two and a half seconds of silence.
      withinMs: 4_000,
      remedy: /(hint: |\()The worker must be mended: a result goes to heddle\.results\.<parent_task_id of the task>/,
      never: /did not answer yet/,
      exit: 124,
    }),
  ),
  {
    number: 36,
    fault: 'a frame of generation C as a result',
    made: "a worker of a later Heddle's",
    make: async (world) => await answered(world, 'frame'),
    named: /generation C frame, which Heddle 0\.9\.2 does not read/,
    remedy: /hint: Run routers, workers, pipelines and senders of one version of Heddle/,
    exit: 1,
  },
  {
    number: 36,
    fault: 'a frame of generation C as a task',
    made: 'a line of a recording, judged',
    async make(world) {
      const payload = { worker_type: 'echo', input: {} };
      world.write('tasks.ndjson', `${JSON.stringify({ ...FRAME, payload_type: 'core.TaskMessage', payload })}\n`);
      return { argv: ['validate', '--messages', 'tasks.ndjson'] };
    },
    named: /no valid task: a generation C frame, which Heddle 0\.9\.2 does not read/,
    remedy: /hint: Run routers, workers, pipelines and senders of one version of Heddle/,
    exit: 1,
  },
  {
    number: 39,
    fault: 'a stream stands in for the router',
    made: 'a JetStream stream over `heddle.tasks.*`, and no router',
    async make(world) {
      const bus = await world.healthy({ config: JETSTREAM, without: ['router'] });
      await streamOver(world, bus.url, ['heddle.tasks.*']);
      return submit(bus.url, 'echo', '--tier', 'local');
    },
    named: /stored by stream "TASKS", not heard/,
    remedy: /a router must listen besides\. Leave the subjects of tasks and goals out of it/,
    exit: 0,
  },
  {
    number: 39,
    fault: 'a stream takes the tasks of core workers',
    made: "a JetStream stream over `heddle.tasks.incoming` and `heddle.tasks.*.*`, beside Heddle's workers",
    async make(world) {
      const bus = await world.healthy({ config: JETSTREAM });
      await streamOver(world, bus.url, ['heddle.tasks.incoming', 'heddle.tasks.*.*']);
      return preflight(bus.url);
    },
    named: /bus\.streams: the JetStream stream "TASKS" keeps what is sent/,
    remedy: /→ .*Leave the subjects of tasks and goals out of it/,
    exit: 0,
  },
];

const FRAME = {
  message_id: '0192f0c4-7c5e-7cc0-8a51-3f2b1c0d9e8f',
  origin: 'bridge:shop',
  correlation_id: null,
  causation_id: null,
  occurred_at: '2026-05-01T12:00:00Z',
  recorded_at: '2026-05-01T12:00:00Z',
};

async function answered(world: World, way: string, ...argv: readonly string[]) {
  const bus = await world.healthy();
  await bus.foreignWorker('ocr', way);
  return submit(bus.url, 'ocr', '--tier', 'local', '--wait', '5s', ...argv);
}

async function streamOver({ t }: World, url: string, subjects: readonly string[]): Promise<void> {
  const bus = await connect({ servers: [url], timeoutMs: 10_000 });
  t.after(() => bus.close());
  const stream = await openStream({ home: 'jetstream', bus, storage: 'memory' }, 'TASKS');
  await stream.ensure({ subjects: [...subjects] });
  await stream.close();
  await bus.close();
}
