// Rates of the hot paths of src/contract, each beside the bare loop it is compared with. Medians of interleaved rounds.
import { buildTask, taskCompleter } from '../src/contract/build.ts';
import { encodeMessage } from '../src/contract/encode.ts';
import { judgeTask } from '../src/contract/heddle-verdict.ts';
import { type Sources, systemUuid } from '../src/contract/ids.ts';
import { withLaneOf } from '../src/contract/lane.ts';
import { decodeTask } from '../src/contract/parse.ts';
import { decodeMessage } from '../src/contract/read-message.ts';
import { checkSchema } from '../src/contract/schema-verdict.ts';
import { taskSubject } from '../src/contract/subjects.ts';
import { median } from './median.ts';

const ROUNDS = 9;
const CALLS = 50_000;
const sources: Sources = { now: () => Date.now(), uuid: systemUuid };
const encoder = new TextEncoder();
const lenient = new TextDecoder();

const full = buildTask(
  {
    worker_type: 'echo',
    payload: { text: 'a line of text, as tasks carry', n: 5 },
    parent_task_id: systemUuid(),
    model_tier: 'local',
  },
  sources,
);
const fullBytes = encoder.encode(JSON.stringify(full));
const sparseBytes = encoder.encode(JSON.stringify({ worker_type: 'echo', payload: { text: 'x'.repeat(220), n: 5 } }));
const traced = { ...full, _trace_context: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` } };
const tracedText = JSON.stringify(traced);
const complete = taskCompleter(sources);
const bare = (bytes: Uint8Array) => JSON.parse(lenient.decode(bytes)) as Record<string, unknown>;

function route(bytes: Uint8Array): Uint8Array {
  const read = decodeTask(bytes);
  if (!read.ok) throw new Error(read.detail);
  taskSubject(read.value.worker_type, read.value.model_tier ?? 'standard');
  return complete(bytes, read.value);
}

function routeBare(bytes: Uint8Array): Uint8Array {
  const task = bare(bytes) as { worker_type: string };
  const out = {
    task_id: systemUuid(),
    created_at: new Date().toISOString(),
    model_tier: 'standard',
    priority: 'normal',
    metadata: {},
    ...task,
  };
  if (typeof `heddle.tasks.${out.worker_type}.${out.model_tier}` !== 'string') throw new Error('no subject');
  return encoder.encode(JSON.stringify(out));
}

const pairs: [name: string, ours: () => unknown, theirs: () => unknown][] = [
  [
    `decodeMessage, ${fullBytes.length} B  |  JSON.parse(TextDecoder)`,
    () => decodeMessage('heddle.tasks.incoming', fullBytes),
    () => bare(fullBytes),
  ],
  ['  on a worker subject', () => decodeMessage('heddle.tasks.echo.local', fullBytes), () => bare(fullBytes)],
  ['route a full task  |  JSON.parse(TextDecoder)', () => route(fullBytes), () => bare(fullBytes)],
  ['route a full task  |  parse + stringify', () => route(fullBytes), () => routeBare(fullBytes)],
  [
    `route, 5 fields absent, ${sparseBytes.length} B  |  parse + stringify`,
    () => route(sparseBytes),
    () => routeBare(sparseBytes),
  ],
  [
    'build + encode a task  |  literal + stringify',
    () => encodeMessage(buildTask({ worker_type: 'echo', payload: full.payload }, sources)),
    () =>
      JSON.stringify({
        task_id: systemUuid(),
        parent_task_id: null,
        worker_type: 'echo',
        payload: full.payload,
        model_tier: 'standard',
        priority: 'normal',
        created_at: new Date().toISOString(),
        request_id: null,
        metadata: {},
      }),
  ],
  [
    'copy the lane raw  |  parse + stringify the lane',
    () => withLaneOf('{"task_id":"x"}', { task_id: 'x' }, { text: tracedText, value: traced }),
    () => JSON.stringify({ task_id: 'x', _trace_context: traced._trace_context }),
  ],
  ['Heddle verdict on a task  |  schema verdict', () => judgeTask(full), () => checkSchema('task_message', full)],
];

function once(work: () => unknown): number {
  const start = performance.now();
  for (let call = 0; call < CALLS; call += 1) work();
  return ((performance.now() - start) / CALLS) * 1e6;
}

for (const [name, ours, theirs] of pairs) {
  const a: number[] = [];
  const b: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    a.push(once(ours));
    b.push(once(theirs));
  }
  const [mine, other] = [median(a), median(b)];
  console.log(
    `${name.padEnd(62)} ${mine.toFixed(0).padStart(6)} ns | ${other.toFixed(0).padStart(6)} ns   ${((other / mine) * 100).toFixed(0)} %`,
  );
}
