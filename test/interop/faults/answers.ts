import { openStream } from '../../../src/store/open.ts';
import { connect } from '../../../src/transport/nats.ts';
import { stages } from '../bus.ts';
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
      made: 'a worker that somebody wrote in Python, and a task with a parent',
      make: async (world) => await answered(world, way, '--parent', 'order-7'),
      named,
      remedy: /hint: The worker must be mended: a result goes to heddle\.results\.<parent_task_id of the task>/,
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
    named: /generation C/,
    remedy: /(--accept-frames|0\.9\.2)/,
    exit: 1,
  },
  {
    number: 39,
    fault: 'a stream stands in for the router',
    made: 'a JetStream stream over `heddle.tasks.>`, and no router',
    async make(world) {
      const bus = await world.healthy({ config: JETSTREAM, without: ['router'] });
      await streamOver(world, bus.url, ['heddle.tasks.*']);
      return submit(bus.url, 'echo', '--tier', 'local');
    },
    named: /stored by stream "TASKS", not heard/,
    remedy: /hint: .*router/,
    exit: 4,
  },
  {
    number: 39,
    fault: 'a stream takes the tasks of core workers',
    made: 'a JetStream stream over `heddle.tasks.*.*`, beside Heddle’s workers',
    async make(world) {
      const bus = await world.healthy({ config: JETSTREAM });
      await streamOver(world, bus.url, ['heddle.tasks.incoming', 'heddle.tasks.*.*']);
      return preflight(bus.url);
    },
    named: /bus\.streams: the JetStream stream "TASKS" keeps what is sent/,
    remedy: /→ .*Leave the subjects of tasks out of it/,
    exit: 0,
  },
];

/** Goals, and the configs that carry them. */
export const GOALS: readonly Fault[] = [
  {
    number: 29,
    fault: 'nobody takes goals',
    made: 'everything runs but a pipeline',
    async make(world) {
      const { url } = await world.healthy({ without: ['pipeline'] });
      return submit(url, '--goal', 'summarise', '--wait', '2s');
    },
    named: /no pipeline or orchestrator listens on heddle\.goals\.incoming/,
    remedy: /hint: Start one: 'heddle pipeline/,
    exit: 4,
  },
  {
    number: 30,
    fault: 'two different pipelines share the goals',
    made: 'two pipelines of Heddle’s run, each with a config of its own',
    async make(world) {
      const bus = await world.healthy({ without: ['pipeline'] });
      world.write('configs/one.yaml', `name: ingest\n${stages('echo')}`);
      world.write('configs/two.yaml', `name: report\n${stages('echo')}`);
      await bus.pipeline('ingest', stages('echo'));
      await bus.pipeline('report', stages('echo'));
      return preflight(bus.url, '--configs-dir', 'configs');
    },
    named: /bus\.goals_once: 2 pipelines are configured \("ingest", "report"\)/,
    remedy: /→ .*Run one pipeline on a bus/,
    exit: 0,
  },
  {
    number: 31,
    fault: 'a pipeline and an orchestrator both answer',
    made: 'a pipeline and an orchestrator of Heddle’s take goals',
    async make(world) {
      const bus = await world.healthy();
      await bus.orchestrator();
      return submit(bus.url, '--goal', 'summarise', '--context', 'text=hello', '--wait', '5s', '--linger', '2s');
    },
    named: /(digest.*desk|desk.*digest)/,
    remedy:
      /heddle\.goals\.incoming is taken by 1 in the queue group "orchestrators" and 1 in the queue group "pipelines"/,
    never: /Two routers, or workers in two queue groups/,
    exit: 0,
  },
  ...(
    [
      ['is missing', 'no such file', () => {}, /config\.found/],
      ['is a directory', 'a directory of that name', (w: World) => w.write('echo.yaml/x', ''), /config\.file/],
      [
        'is not UTF-8',
        'a name in latin1',
        (w: World) => w.write('echo.yaml', Buffer.from('name: \xe9cho\n', 'latin1')),
        /config\.utf8/,
      ],
    ] as const
  ).map(
    ([what, made, prepare, named]): Fault => ({
      number: 32,
      fault: `a config ${what}`,
      made,
      async make(world) {
        const { url } = await world.bus();
        prepare(world);
        return preflight(url, '--config', 'echo.yaml');
      },
      named,
      remedy: /→ /,
      exit: 1,
    }),
  ),
  ...(
    [
      ['waits on itself', 'a stage that depends on itself', '    depends_on: [echo]\n', /itself/],
      [
        'maps a literal',
        "`'text'` in single quotes as a source",
        '    input_mapping: { text: "\'text\'" }\n',
        /literal-mapping/,
      ],
    ] as const
  ).map(
    ([what, made, lines, named]): Fault => ({
      number: 33,
      fault: `a pipeline that passes Heddle's validate and ${what}`,
      made,
      async make(world) {
        world.write('digest.yaml', `name: digest\npipeline_stages:\n  - name: echo\n    worker_type: echo\n${lines}`);
        return { argv: ['validate', 'digest.yaml'] };
      },
      named,
      remedy: /hint: /,
      exit: 1,
    }),
  ),
  {
    number: 33,
    fault: 'a stage whose worker does not run',
    made: 'a pipeline with a second stage that nobody serves',
    async make(world) {
      const bus = await world.healthy({ without: ['pipeline'] });
      await bus.pipeline('report', stages('echo', 'summarise'));
      return preflight(bus.url, '--config', 'report.yaml');
    },
    named: /stage "summarise" of pipeline "report" .*nobody listens for it/,
    remedy: /→ Start one that serves "summarise"/,
    exit: 0,
  },
  ...(
    [
      ["the tier's variable is missing", ['--tier', 'local'], {}, /tiers\.environment.*(LM_STUDIO_URL|OLLAMA_URL)/],
      [
        "the tier's variables contradict each other",
        ['--tier', 'local'],
        { LM_STUDIO_URL: 'http://127.0.0.1:1234/v1', HEDDLE_LOCAL_BACKEND: 'ollama' },
        /tiers\.local_backend/,
      ],
    ] as const
  ).map(
    ([fault, argv, env, named]): Fault => ({
      number: 34,
      fault,
      made: Object.keys(env).length === 0 ? 'none is set' : 'an address of LM Studio, and `ollama` chosen',
      async make(world) {
        const run = preflight((await world.bus()).url, ...argv);
        return { ...run, env: { ...run.env, ...env } };
      },
      named,
      remedy: /→ /,
      exit: 0,
    }),
  ),
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
  await bus.wrongWorker('ocr', way);
  return submit(bus.url, 'ocr', '--tier', 'local', '--wait', '2s', ...argv);
}

async function streamOver({ t }: World, url: string, subjects: readonly string[]): Promise<void> {
  const bus = await connect({ servers: [url], timeoutMs: 10_000 });
  t.after(() => bus.close());
  const stream = await openStream({ home: 'jetstream', bus, storage: 'memory' }, 'TASKS');
  await stream.ensure({ subjects: [...subjects] });
  await stream.close();
  await bus.close();
}
