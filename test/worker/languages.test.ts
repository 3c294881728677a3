import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { startBroker } from '../../src/broker/broker.ts';
import { connect } from '../../src/transport/nats.ts';
import { execLongLived } from '../../src/worker/exec/long-lived.ts';
import { execPerTask } from '../../src/worker/exec/per-task.ts';
import { inProcess } from '../../src/worker/in-process.ts';
import { loadHandler } from '../../src/worker/load-handler.ts';
import type { Performer } from '../../src/worker/performer.ts';
import { gather } from '../helpers/gather.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { inProject, ROOT } from '../helpers/root.ts';
import { SETTINGS, startWorker } from './start.ts';

// One worker in three languages: the same messages in, equal results out.

noLeaks();

const handlers = (name: string): string => inProject('test', 'worker', 'handlers', name);
const program = (...command: [string, ...string[]]) => ({
  command,
  cwd: ROOT,
  env: process.env,
  platform: process.platform,
  log: () => {},
});
const has = (name: string, ...args: string[]): string | false =>
  spawnSync(name, args).status === 0 ? false : `no ${name} on this machine`;

const WAYS: readonly { name: string; skip: string | false; performer: () => Promise<Performer> }[] = [
  {
    name: 'TypeScript',
    skip: false,
    performer: async () => inProcess(await loadHandler(inProject('.build', 'test', 'worker', 'handlers', 'count.js'))),
  },
  {
    name: 'Python',
    skip: has('python3', '--version'),
    performer: async () => execLongLived(program('python3', handlers('count.py'))),
  },
  {
    name: 'Python, one process a task',
    skip: has('python3', '--version'),
    performer: async () => execPerTask(program('python3', handlers('count.py'))),
  },
  {
    name: 'shell',
    skip: process.platform === 'win32' ? 'no shell on Windows' : false,
    performer: async () => execLongLived(program('sh', handlers('count.sh'))),
  },
];

const MESSAGES = [
  '{"task_id":"1","worker_type":"echo","payload":{"text":"one two  three"},"_trace_context":{"traceparent":"x"},"_n":1.0}',
  '{"task_id":"2","parent_task_id":"goal","worker_type":"echo","payload":{"text":""},"model_tier":"local"}',
  '{"task_id":"3","worker_type":"echo","payload":{"text":"a","keep":{"b":1}},"metadata":{"x":1}}',
  '{"task_id":"4","worker_type":"echo","payload":{"text":"bad"}}',
  '{"task_id":"5","worker_type":"echo","payload":{"no":"text"}}',
  '{"task_id":"6","worker_type":"echo","payload":{"text":5}}',
  'not a task',
];
const settings = {
  ...SETTINGS,
  inputSchema: { type: 'object', required: ['text'], properties: { text: { type: 'string' } } },
  outputSchema: { type: 'object', required: ['words'], properties: { words: { type: 'integer' } } },
};

/** What every language must give; times apart. */
const GOLDEN = [
  'default {"task_id":"1","parent_task_id":null,"worker_type":"echo","status":"completed","output":{"words":3},"error":null,"model_used":null,"token_usage":{},"metadata":{},"_trace_context":{"traceparent":"x"},"_n":1.0}',
  'goal {"task_id":"2","parent_task_id":"goal","worker_type":"echo","status":"completed","output":{"words":0},"error":null,"model_used":null,"token_usage":{},"metadata":{}}',
  'default {"task_id":"3","parent_task_id":null,"worker_type":"echo","status":"completed","output":{"words":1,"keep":{"b":1}},"error":null,"model_used":null,"token_usage":{},"metadata":{}}',
  'default {"task_id":"4","parent_task_id":null,"worker_type":"echo","status":"failed","output":null,"error":"that text is bad","model_used":null,"token_usage":{},"metadata":{}}',
  `default {"task_id":"5","parent_task_id":null,"worker_type":"echo","status":"failed","output":null,"error":"Input validation: [\\"input: missing required field 'text'\\"]","model_used":null,"token_usage":{},"metadata":{}}`,
  `default {"task_id":"6","parent_task_id":null,"worker_type":"echo","status":"failed","output":null,"error":"Input validation: ['input.text: expected string']","model_used":null,"token_usage":{},"metadata":{}}`,
];

for (const way of WAYS) {
  test(`a worker in ${way.name}`, { skip: way.skip }, async (t) => {
    const broker = await startBroker();
    const [bus, client] = await Promise.all([1, 2].map(() => connect({ servers: [broker.url], timeoutMs: 20_000 })));
    assert.ok(bus !== undefined && client !== undefined);
    t.after(async () => {
      await Promise.all([bus.close(), client.close()]);
      await broker.close();
    });
    const { worker } = await startWorker(t, bus, await way.performer(), { settings });
    const results = await gather(client, 'heddle.results.>');
    for (const message of MESSAGES) client.publish('heddle.tasks.echo.local', message);
    await results.count(GOLDEN.length);
    assert.deepEqual(
      results.messages.map(({ subject, text }) => `${subject.split('.').at(-1)} ${normal(text)}`),
      GOLDEN,
    );
    assert.equal(worker.counts.skipped, 1);
    await worker.stop(5_000);
  });
}

/** Without the times, and without the spaces that Python's JSON has in a value of its own. */
function normal(text: string): string {
  return text
    .replace(/"processing_time_ms":\d+,?/, '')
    .replace(/"completed_at":"[^"]+"/, '')
    .replace('{},,', '{},')
    .replace(/\{\},\}$/, '{}}')
    .replace(
      /("output":)(\{.*?\})(,"error")/,
      (_, key: string, value: string, rest: string) => key + value.replaceAll(': ', ':').replaceAll(', ', ',') + rest,
    );
}
