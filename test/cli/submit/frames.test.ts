import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TaskMessage } from '../../../src/contract/messages.ts';
import { type CliRun, runCli } from '../../helpers/fake-io.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { type Bus, busFor, startEchoBus, startRouter } from '../../submit/actors.ts';

noLeaks();

/** A result as generation C sends it; the exact text of its output must survive. */
function framed(task: Pick<TaskMessage, 'task_id' | 'parent_task_id'>, status = 'completed'): string {
  const payload = `{"task_id":"${task.task_id}","worker_type":"echo","status":"${status}","output":{"big":9007199254740993}}`;
  return `{"message_id":"m","payload_type":"core.TaskResult","payload":${payload},"origin":"w","correlation_id":null,"causation_id":null,"occurred_at":"2026-04-29T12:00:00Z","recorded_at":null}`;
}

const framedBus = (t: TestContext): Promise<Bus> => startEchoBus(t, (task) => [framed(task)]);

const submit = ({ url }: Bus, argv: readonly string[]): Promise<CliRun> =>
  runCli(['submit', ...argv], { env: { NATS_URL: url } });

test('an answer in a frame is not completed: Heddle 0.9.2 ignores it', async (t) => {
  const bus = await framedBus(t);
  const { code, stdout, stderr } = await submit(bus, ['echo', '--wait']);
  assert.equal(code, 1);
  assert.doesNotMatch(stdout, /completed|null/);
  assert.match(
    stderr,
    /error: the answer is a generation C frame, which Heddle 0\.9\.2 does not read \(task [0-9a-f-]+\); in it: completed, \{"big":9007199254740993\}\n {2}hint: Run routers, .* --accept-frames takes such answers\./,
  );
  const json = await submit(bus, ['echo', '--wait', '-o', 'json']);
  const last = JSON.parse(json.stdout.trim().split('\n').at(-1) ?? '') as { error: { code: string } };
  assert.deepEqual([json.code, last.error.code], [1, 'task_failed']);
});

test('--accept-frames takes it, exactly as it is, and says what it was', async (t) => {
  const bus = await framedBus(t);
  const { code, stdout, stderr } = await submit(bus, ['echo', '--output-only', '--accept-frames']);
  assert.deepEqual([code, stdout], [0, '{"big":9007199254740993}\n']);
  assert.match(stderr, /warning: the answer is a generation C frame, which Heddle 0\.9\.2 does not read\n/);
  const failed = await startEchoBus(t, (task) => [framed(task, 'failed')]);
  assert.equal((await submit(failed, ['echo', '--wait', '--accept-frames'])).code, 1);
  assert.equal((await submit(bus, ['echo', '--accept-frames'])).code, 2);
});

test('--trace shows the frame at its hop', async (t) => {
  const { code, stdout } = await submit(await framedBus(t), ['echo', '--trace']);
  assert.equal(code, 1);
  assert.match(
    stdout,
    /result +completed → heddle\.results\..*\n +a generation C frame, which Heddle 0\.9\.2 does not read\n/,
  );
});

test('a batch counts frames as what is no result, or, when told to, as answers', async (t) => {
  const bus = await framedBus(t);
  const plain = await submit(bus, ['echo', '--count', '3', '--wait', '-o', 'json']);
  const lines = plain.stdout.trim().split('\n');
  assert.equal(plain.code, 1);
  assert.match(lines[0] ?? '', /"outcome":"malformed".*"reason":"the answer is a generation C frame/);
  assert.match(lines.at(-1) ?? '', /"completed":0,.*"malformed_results":3/);
  const accepted = await submit(bus, ['echo', '--count', '3', '--wait', '--accept-frames', '-o', 'json']);
  assert.equal(accepted.code, 0);
  assert.match(accepted.stdout.split('\n')[0] ?? '', /"outcome":"completed".*"big":9007199254740993/);
});

test('a stage that answers in frames is named while its goal waits', async (t) => {
  const bus = await busFor(t);
  await startRouter(await bus.connect('router'));
  const pipeline = await bus.connect('pipeline');
  pipeline.subscribe('heddle.goals.incoming', ({ data }) => {
    const { goal_id } = JSON.parse(Buffer.from(data).toString()) as { goal_id: string };
    pipeline.publish(`heddle.results.${goal_id}`, framed({ task_id: 's1', parent_task_id: goal_id }));
  });
  await pipeline.flush();
  const { stderr } = await submit(bus, ['--goal', 'go', '--wait', '200ms']);
  assert.match(stderr, /stage "echo" completed, in a generation C frame, which Heddle 0\.9\.2 does not read\n/);
});

test('validate --messages: frames are no messages of a B bus; on a C bus strange keys are refused, and a mix is said', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-frames-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const task = '{"payload_type":"core.TaskMessage","payload":{"worker_type":"echo","input":{}},"message_id":"m"';
  const text = `${task}}\n${task},"_trace_context":{}}\n${task},"priority":"high"}\n{"worker_type":"echo","payload":{}}\n`;
  writeFileSync(join(folder, 'all.ndjson'), text);
  const validate = (...argv: string[]): Promise<CliRun> =>
    runCli(['validate', '--messages', 'all.ndjson', ...argv], { cwd: folder });
  const b = await validate();
  assert.equal(b.code, 1);
  assert.equal(b.stdout.split('no valid task: a generation C frame, which Heddle 0.9.2 does not read\n').length, 4);
  assert.match(b.stderr, /frames of generation C and bare messages stand side by side/);
  const c = await validate('--accept-frames');
  assert.match(
    c.stdout,
    /^all\.ndjson:3: error: no valid task: generation C refuses "priority" on a frame\n4 messages, 1 invalid \(1 task\/B, 2 task\/C\)\n$/,
  );
});
