import { ON_NODE } from '../helpers/program-under-test.ts';

/** A typical slip, as it is typed, in a folder with FILES and beside a bus with a router and an `echo` worker of the tier local. */
export interface Mistake {
  readonly slip: string;
  readonly typed: string;
  readonly exit: number;
  /** What has to be said of it: where it is, and what to do next. */
  readonly says: readonly RegExp[];
}

export const FILES: Readonly<Record<string, string>> = {
  'worker.yaml':
    'name: shout\nworker_kind: processor\ndefault_model_tier: local\nimplementation: {runtime: node, entry: shout.mjs}\ninput_schema:\n  type: object\n  required: [text]\n  properties:\n    text: {type: string}\noutput_schema:\n  type: object\n',
  'wrong.yaml': 'name: my worker\nworker_kind: processor\nprocessing_backend: a.B\ndefault_model_tier: Local\n',
  'tabs.yaml': 'name: shout\n\tworker_kind: processor\n',
  'broken.mjs': 'export default ({ text }) => {\n  return { text: text.toUpperCase() ;\n};\n',
  'named.mjs': 'export function handle() {}\n',
  'payload.json': '{"text": "hello"}\n',
  'tasks.jsonl': '{"text": "one"}\n{"text": two}\n',
};

export const MISTAKES: readonly Mistake[] = [
  { slip: 'a command with a slip', typed: 'heddle-ts sumbit echo', exit: 2, says: [/Did you mean "submit"/] },
  { slip: 'a flag with a slip', typed: 'heddle-ts tail --wher status=failed', exit: 2, says: [/--where/] },
  {
    slip: 'a flag of another command',
    typed: 'heddle-ts validate --wait 5s',
    exit: 2,
    says: [/unknown option "--wait"/, /validate --help/],
  },
  { slip: 'a format with a slip', typed: 'heddle-ts status -o jsn', exit: 2, says: [/jsn/, /json/] },
  { slip: 'a format of a stream', typed: 'heddle-ts tail -o json', exit: 2, says: [/ndjson/] },
  {
    slip: 'help of a command that is not there',
    typed: 'heddle-ts help wroker',
    exit: 2,
    says: [/Did you mean "worker"/],
  },
  { slip: 'completion for another shell', typed: 'heddle-ts completion fsh', exit: 2, says: [/fish/] },
  {
    slip: 'a selection that is no path',
    typed: "heddle-ts status --select 'workers type'",
    exit: 2,
    says: [/workers\[\]\.type/],
  },
  { slip: 'a selection with a slip', typed: 'heddle-ts acl --select role', exit: 1, says: [/"roles"/] },
  {
    slip: 'no worker named',
    typed: 'heddle-ts submit',
    exit: 2,
    says: [/worker type/, /submit echo --set text=hello/],
  },
  { slip: 'a payload without its flag', typed: 'heddle-ts submit echo text=hello', exit: 2, says: [/--set/] },
  {
    slip: 'a file without @',
    typed: 'heddle-ts submit echo --payload payload.json',
    exit: 2,
    says: [/@payload\.json/],
  },
  {
    slip: 'JSON that the shell took apart',
    typed: "heddle-ts submit echo --payload '{text: hello}'",
    exit: 2,
    says: [/--payload/, /JSON/],
  },
  { slip: 'a field that is no key=value', typed: 'heddle-ts submit echo --set text', exit: 2, says: [/--set/, /=/] },
  { slip: 'a tier in capitals', typed: 'heddle-ts submit echo --tier Local', exit: 2, says: [/local/] },
  {
    slip: 'the flag before the worker',
    typed: 'heddle-ts submit --wait echo',
    exit: 2,
    says: [/name the worker first/],
  },
  {
    slip: 'a worker with a slip',
    typed: 'heddle-ts submit ehco --tier local --wait 2s',
    exit: 124,
    says: [/nobody listens there/, /echo/],
  },
  { slip: 'the wrong tier', typed: 'heddle-ts submit echo --tier frontier --wait 2s', exit: 124, says: [/local/] },
  {
    slip: 'a time without a unit that is one',
    typed: 'heddle-ts submit echo --wait 5sec',
    exit: 2,
    says: [/--wait/, /500ms, 5s/],
  },
  {
    slip: 'a batch with a broken line',
    typed: 'heddle-ts submit echo --tier local --jsonl tasks.jsonl',
    exit: 1,
    says: [/2/, /JSON/],
  },
  {
    slip: 'a batch that is not there',
    typed: 'heddle-ts submit echo --jsonl task.jsonl',
    exit: 2,
    says: [/no such file/, /Did you mean "tasks\.jsonl"/],
  },
  { slip: 'a worker as a subject', typed: 'heddle-ts tail echo', exit: 2, says: [/--worker echo/] },
  { slip: 'a status with a slip', typed: 'heddle-ts tail --status complete', exit: 2, says: [/completed/] },
  {
    slip: 'a filter that begins outside the message',
    typed: 'heddle-ts tail --where message.status=failed',
    exit: 2,
    says: [/status=failed/],
  },
  { slip: 'a time in words', typed: 'heddle-ts tail --since yesterday', exit: 2, says: [/1h/, /2026-04-29T12:00:00Z/] },
  {
    slip: 'a recording that is none',
    typed: 'heddle-ts tail --from worker.yaml',
    exit: 2,
    says: [/worker\.yaml/, /record/],
  },
  {
    slip: 'a config that is not there',
    typed: 'heddle-ts validate wroker.yaml',
    exit: 2,
    says: [/no such file/, /hint/],
  },
  {
    slip: 'a name with a blank, a tier in capitals',
    typed: 'heddle-ts validate wrong.yaml',
    exit: 1,
    says: [/wrong\.yaml:1:7/, /wrong\.yaml:4:21/],
  },
  { slip: 'tabs in YAML', typed: 'heddle-ts validate tabs.yaml', exit: 1, says: [/tabs\.yaml:2:1/, /tab/] },
  {
    slip: 'a rule with a slip',
    typed: 'heddle-ts validate worker.yaml --ignore bad-valeu',
    exit: 2,
    says: [/bad-value/],
  },
  {
    slip: 'a payload without its schema',
    typed: 'heddle-ts validate --payload payload.json',
    exit: 2,
    says: [/--against/],
  },
  {
    slip: 'a worker config where rules belong',
    typed: 'heddle-ts router --config worker.yaml',
    exit: 1,
    says: [/worker/, /router/],
  },
  {
    slip: 'a tier in capitals, for a worker',
    typed: 'heddle-ts worker --config worker.yaml --echo --tier Local',
    exit: 2,
    says: [/local/],
  },
  {
    slip: 'nothing that answers',
    typed: 'heddle-ts worker --config worker.yaml',
    exit: 2,
    says: [/--handler/, /--echo/],
  },
  {
    slip: 'a handler that is no JavaScript',
    typed: 'heddle-ts worker --config worker.yaml --handler broken.mjs',
    exit: 1,
    says: [/broken\.mjs:2/, ON_NODE ? /node --check broken\.mjs/ : /Correct it there/],
  },
  {
    slip: 'a handler that exports nothing',
    typed: 'heddle-ts worker --config worker.yaml --handler named.mjs',
    exit: 1,
    says: [/export default/],
  },
  {
    slip: 'a program that is not there',
    typed: "heddle-ts worker --config worker.yaml --exec './answr.py'",
    exit: 2,
    says: [/answr\.py/],
  },
  {
    slip: 'an address where nothing listens',
    typed: 'heddle-ts status --nats-url localhost:1',
    exit: 3,
    says: [/localhost:1/, /nats-server/],
  },
  {
    slip: 'an address of a web server',
    typed: 'heddle-ts status --nats-url http://localhost:4222',
    exit: 2,
    says: [/http/, /nats:\/\//],
  },
  {
    slip: 'credentials that are not there',
    typed: 'heddle-ts status --creds user.cred',
    exit: 2,
    says: [/--creds/, /user\.cred/],
  },
  { slip: 'a context with a slip', typed: 'heddle-ts status --nats-context prd', exit: 2, says: [/prd/, /prod/] },
  {
    slip: 'something expected that is no part of a bus',
    typed: 'heddle-ts preflight --expect workers',
    exit: 2,
    says: [/worker:<type>/],
  },
  {
    slip: 'a check with a slip',
    typed: 'heddle-ts preflight --ignore bus.goal_heard',
    exit: 2,
    says: [/bus\.goals_heard/],
  },
  {
    slip: 'dead letters where nothing keeps them',
    typed: 'heddle-ts dead-letter groups',
    exit: 2,
    says: [/dead-letter/],
  },
  { slip: 'everything to be deleted', typed: 'heddle-ts dead-letter delete', exit: 2, says: [/--group|ids/] },
];
