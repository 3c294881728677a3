import { stages } from '../bus.ts';
import { type Fault, preflight, submit, type World } from './fault.ts';

/** Goals, the configs that carry them, and what a worker's machine needs. */
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
    made: "two pipelines of Heddle's run, each with a config of its own",
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
    made: "a pipeline and an orchestrator of Heddle's take goals",
    async make(world) {
      const bus = await world.healthy();
      await bus.orchestrator();
      return submit(bus.url, '--goal', 'summarise', '--context', 'text=hello', '--wait', '5s', '--linger', '2s');
    },
    named: /(digest.*desk|desk.*digest)/,
    remedy:
      /heddle\.goals\.incoming is taken by 1 in the queue group "orchestrators" and 1 in the queue group "pipelines"/,
    never: /Two routers, or workers in two queue groups/,
    race: true,
    exit: 0,
  },
  {
    ...config('is missing', () => {}),
    made: 'no such file',
    named: /config\.found: config file not found: ocr\.yaml/,
    remedy: /→ Check the spelling/,
  },
  {
    ...config('is a directory', (world) => world.write('ocr.yaml/x', '')),
    made: 'a directory of that name',
    named: /config\.file: .*it is a directory, not a file/,
    remedy: /→ Name the file itself/,
  },
  {
    ...config('is not UTF-8', (world) => world.write('ocr.yaml', Buffer.from('name: \xf6cr\n', 'latin1'))),
    made: 'a name in latin1',
    named: /config\.utf8: .*not valid UTF-8/,
    remedy: /→ Save it as UTF-8/,
  },
  {
    ...pipeline('waits on itself', '    depends_on: [echo]\n'),
    made: 'a stage that depends on itself',
    named: /the stage 'echo' depends on itself; a goal never gets an answer/,
    remedy: /hint: leave 'echo' out of its own depends_on/,
  },
  {
    ...pipeline('sends a literal', `    input_mapping: { text: "'text'" }\n`),
    made: "`'text'` in single quotes as a source",
    named: /literal 'text', which older pipelines cannot resolve/,
    remedy: /hint: put it into the context of the goal/,
  },
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
  {
    ...tier("the tier's variable is missing", {}),
    made: 'none is set',
    named: /tiers\.environment: tier local: neither LM_STUDIO_URL nor OLLAMA_URL is set/,
    remedy: /→ Export LM_STUDIO_URL or OLLAMA_URL/,
  },
  {
    ...tier("the tier's variables contradict each other", {
      LM_STUDIO_URL: 'http://127.0.0.1:1234/v1',
      HEDDLE_LOCAL_BACKEND: 'ollama',
    }),
    made: 'an address of LM Studio, and `ollama` chosen',
    named: /tiers\.local_backend: HEDDLE_LOCAL_BACKEND is ollama .* only LM_STUDIO_URL is set/,
    remedy: /→ Set OLLAMA_URL, or unset HEDDLE_LOCAL_BACKEND/,
  },
];

function config(what: string, prepare: (world: World) => void) {
  return {
    number: 32,
    fault: `a config ${what}`,
    async make(world: World) {
      const { url } = await world.healthy();
      prepare(world);
      return preflight(url, '--config', 'ocr.yaml');
    },
    exit: 1,
  };
}

function pipeline(what: string, lines: string) {
  return {
    number: 33,
    fault: `a pipeline that passes Heddle's validate and ${what}`,
    async make(world: World) {
      world.write('digest.yaml', `name: digest\npipeline_stages:\n  - name: echo\n    worker_type: echo\n${lines}`);
      return { argv: ['validate', 'digest.yaml'] };
    },
    exit: 1,
  };
}

function tier(fault: string, env: Readonly<Record<string, string>>) {
  return {
    number: 34,
    fault,
    async make(world: World) {
      const run = preflight((await world.healthy()).url, '--tier', 'local');
      return { ...run, env: { ...run.env, ...env } };
    },
    exit: 0,
  };
}
