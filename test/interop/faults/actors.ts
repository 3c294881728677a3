import { connect } from '../../../src/transport/nats.ts';
import { startProgram } from '../../helpers/program.ts';
import { type Fault, preflight, submit, type World } from './fault.ts';

/** Routers and workers: absent, twice, in the wrong place, broken. */
export const ACTORS: readonly Fault[] = [
  {
    number: 12,
    fault: 'no router',
    made: 'everything but the router runs',
    make: async (world) => preflight((await world.healthy({ without: ['router'] })).url),
    named: /bus\.router: no router listens/,
    remedy: /→ Start one/,
    exit: 0,
  },
  {
    number: 13,
    fault: 'the router was ended by a message',
    made: '`[]` on `heddle.tasks.incoming`, which ends `heddle router`',
    async make(world) {
      const bus = await world.healthy({ without: ['router'] });
      const router = await bus.router();
      await publish(world, bus.url, 'heddle.tasks.incoming', '[]');
      await router.ended;
      return preflight(bus.url);
    },
    named: /no router listens[\s\S]*a message that is no JSON object ends Heddle's own router/,
    remedy: /see its log, and restart it/,
    exit: 0,
  },
  {
    number: 14,
    fault: 'the router lives, and lost its connection',
    made: 'nats-server restarted under `heddle router`, `heddle processor` and a pipeline: all live on, none comes back',
    async make(world) {
      const bus = await world.healthy({ without: ['router'] });
      const router = await bus.router();
      await bus.server.restart();
      // Long enough for a client that would come back.
      await new Promise((resolve) => setTimeout(resolve, 3000));
      if (!router.running()) throw new Error(`the router ended:\n${router.log()}`);
      return preflight(bus.url);
    },
    named: /no router listens[\s\S]*a restart of NATS leaves it running without a connection/,
    remedy: /restart it/,
    exit: 0,
  },
  {
    number: 15,
    fault: 'two routers, one of them without a queue group',
    made: '`heddle router`, and a second that joins no group, as that of April does',
    async make(world) {
      const bus = await world.healthy();
      startProgram(world.t, ['router', '--no-queue-group', '--nats-url', bus.url], { cwd: world.folder });
      await bus.heard('heddle.tasks.incoming', 2);
      return preflight(bus.url);
    },
    named: /bus\.router_once.*(twice|each|every)/,
    remedy: /→ Stop those that are not in the group "router"/,
    exit: 1,
  },
  {
    number: 16,
    fault: 'no worker',
    made: 'nobody serves `ocr`',
    make: async (world) => traced((await world.healthy()).url, 'ocr'),
    named: /routed to heddle\.tasks\.ocr\.local.*nobody listens there/,
    remedy: /hint: Start one that serves "ocr"/,
    exit: 4,
  },
  {
    number: 17,
    fault: 'the worker listens on another tier than the router sends to',
    made: 'the rules send `echo` to `standard`; `heddle processor` serves `local`',
    async make(world) {
      const { url } = await world.healthy({ rules: 'tier_overrides: { echo: standard }\n' });
      return traced(url, 'echo');
    },
    named: /heddle\.tasks\.echo\.standard[\s\S]*(nobody listens|listens? on .*local|serves local)/,
    remedy: /hint: .*(--tier standard|tier_overrides|rule)/,
    never: /[Ss]end it with --tier local/,
    exit: 4,
  },
  {
    number: 18,
    fault: 'a worker without a queue group',
    made: 'two workers of somebody on `heddle.tasks.resize.local`, in no group',
    async make(world) {
      const bus = await world.healthy();
      await bus.foreignWorker('resize', 'right', { queue: '' });
      await bus.foreignWorker('resize', 'right', { queue: '' });
      return preflight(bus.url);
    },
    named: /bus\.worker_group.*resize/,
    remedy: /→ .*processors-resize/,
    exit: 1,
  },
  {
    number: 19,
    fault: 'each task is worked on twice',
    made: '`heddle worker` and `heddle processor` under one name and tier: `workers-echo` and `processors-echo`',
    async make(world) {
      const bus = await world.healthy();
      await bus.llmWorker('echo');
      return preflight(bus.url);
    },
    named: /bus\.worker_once.*echo/,
    remedy: /→ .*Rename one of them or stop it/,
    exit: 1,
  },
  {
    number: 20,
    fault: 'a misspelt worker type',
    made: 'a task for `ehco`, where `echo` is served',
    make: async (world) => traced((await world.healthy()).url, 'ehco'),
    named: /routed to heddle\.tasks\.ehco\.local.*nobody listens there/,
    remedy: /did you mean "echo"/,
    exit: 4,
  },
  {
    number: 21,
    fault: 'a worker name that no subject can carry',
    made: 'a config named `my worker`',
    async make(world) {
      world.write('worker.yaml', 'name: my worker\nworker_kind: processor\nprocessing_backend: app.Echo\n');
      return { argv: ['validate', 'worker.yaml'] };
    },
    named: /"my worker" cannot be part of a subject/,
    remedy: /it holds white space/,
    exit: 1,
  },
  {
    number: 22,
    fault: "the router's rate limit",
    made: 'rules with `max_concurrent: 1` for `local`; four tasks at once',
    async make(world) {
      const { url } = await world.healthy({
        rules: 'rate_limits: { local: { max_concurrent: 1, tokens_per_minute: 100000 } }\n',
      });
      return submit(url, 'echo', '--tier', 'local', '--count', '4', '--wait', '2s');
    },
    named: /rate_limited|rate limit/,
    remedy: /(max_concurrent|--rate)/,
    never: /no router reads tokens_per_minute/,
    results: true,
    exit: 4,
  },
  {
    number: 23,
    fault: 'an invalid task',
    made: 'a task with the tier `Local`, as another program sends it',
    async make(world) {
      world.write('tasks.ndjson', '{"worker_type":"echo","payload":{},"model_tier":"Local"}\n');
      return { argv: ['validate', '--messages', 'tasks.ndjson'] };
    },
    named: /model_tier.*'local', 'standard', 'frontier'/,
    remedy: /local/,
    exit: 1,
  },
  {
    number: 24,
    fault: 'a worker that fails',
    made: '`heddle processor` with a backend that forgets the key `output`',
    async make(world) {
      const bus = await world.healthy();
      await bus.processor('parse', { backend: 'Forgetful' });
      return waited(bus.url, 'parse');
    },
    named: /a KeyError: "output" was looked up and is not there/,
    remedy: /The worker's log has the exception/,
    exit: 1,
  },
  {
    number: 25,
    fault: 'a worker that hangs',
    made: '`heddle processor` with a backend that never returns',
    async make(world) {
      const bus = await world.healthy();
      await bus.processor('scan', { backend: 'Stuck' });
      return traced(bus.url, 'scan');
    },
    named: /heddle\.tasks\.scan\.local: .*has it since/,
    remedy: /See the log of the worker/,
    exit: 124,
    // It is told after two and a half seconds of silence.
    withinMs: 4_000,
  },
  {
    number: 28,
    fault: 'a result larger than the server takes',
    made: '`heddle processor` that answers with 2 MB, where `max_payload` is 1 MiB',
    async make(world) {
      const bus = await world.healthy();
      await bus.processor('render', { backend: 'Large' });
      return waited(bus.url, 'render');
    },
    named: /the result is larger than a message may be \(max_payload/,
    remedy: /Have the worker return less, or a reference to a file/,
    exit: 1,
  },
  {
    number: 35,
    fault: 'nobody hears dead letters',
    made: 'everything runs but somebody on `heddle.tasks.dead_letter`',
    make: async (world) => preflight((await world.healthy({ without: ['dead letters'] })).url),
    named: /bus\.dead_letters: nobody hears dead letters/,
    remedy: /→ The router keeps no copy\. .*dead-letter enable/,
    exit: 0,
  },
  {
    number: 37,
    fault: 'a worker that was stopped',
    made: '`heddle processor`, stopped with SIGSTOP',
    async make(world) {
      const bus = await world.healthy();
      const worker = await bus.processor('scan');
      worker.kill('SIGSTOP');
      return traced(bus.url, 'scan');
    },
    named: /heddle\.tasks\.scan\.local: .*has it since/,
    remedy: /it may be at work, hang, or be stopped/,
    exit: 124,
    withinMs: 4_000,
  },
  {
    number: 37,
    fault: 'a worker that does not keep up',
    made: '`heddle processor`, stopped with SIGSTOP, and megabytes of tasks for it',
    async make(world) {
      const bus = await world.healthy();
      const worker = await bus.processor('scan');
      worker.kill('SIGSTOP');
      const task = JSON.stringify({ worker_type: 'scan', payload: { text: 'x'.repeat(500_000) }, model_tier: 'local' });
      await publish(world, bus.url, 'heddle.tasks.scan.local', task, 40);
      return preflight(bus.url);
    },
    named: /bus\.slow.*reads too slowly/,
    remedy: /→ .*Add replicas or slow the sender/,
    exit: 0,
  },
  {
    number: 40,
    fault: 'two Heddle systems on one account',
    made: 'two of `heddle router`, one with a rule for `echo`, one without; their rule files are given',
    async make(world) {
      const bus = await world.healthy();
      await bus.router('tier_overrides: { echo: frontier }\n');
      await bus.heard('heddle.tasks.incoming', 2);
      world.write('ours.yaml', 'tier_overrides: {}\n');
      world.write('theirs.yaml', 'tier_overrides: { echo: frontier }\n');
      return preflight(bus.url, '--router-config', 'ours.yaml', 'theirs.yaml');
    },
    named: /bus\.router_rules: 2 routers share the tasks, and the rules contradict each other/,
    remedy: /→ Start every router of a bus with the same rules/,
    exit: 0,
  },
];

function traced(url: string, worker: string) {
  return submit(url, worker, '--tier', 'local', '--trace', '--wait', '5s');
}

function waited(url: string, worker: string) {
  return submit(url, worker, '--tier', 'local', '--wait', '2s');
}

async function publish({ t }: World, url: string, subject: string, text: string, times = 1): Promise<void> {
  const bus = await connect({ servers: [url], timeoutMs: 10_000 });
  t.after(() => bus.close());
  for (let sent = 0; sent < times; sent += 1) bus.publish(subject, Buffer.from(text));
  await bus.flush();
  await bus.close();
}
