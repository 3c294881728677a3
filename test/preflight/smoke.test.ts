import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startBroker } from '../../src/broker/broker.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { runCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { act } from './actors.ts';

noLeaks();

interface Task {
  task_id: string;
  worker_type: string;
  parent_task_id: string;
  model_tier: string;
  payload: Record<string, unknown>;
}

/** Answers each task on heddle.tasks.incoming as a router and worker in one. */
async function answering(
  t: TestContext,
  reply: (task: Task, bus: Transport) => void,
): Promise<{ url: string; seen: Task[] }> {
  const broker = await startBroker();
  t.after(() => broker.close());
  const bus = await act(t, broker.url, { hears: [] });
  const seen: Task[] = [];
  bus.subscribe('heddle.tasks.incoming', ({ data }) => {
    const task = JSON.parse(new TextDecoder().decode(data)) as Task;
    seen.push(task);
    reply(task, bus);
  });
  await bus.flush();
  return { url: broker.url, seen };
}

const result = (task: Task, more: object) =>
  JSON.stringify({
    task_id: task.task_id,
    parent_task_id: task.parent_task_id,
    worker_type: task.worker_type,
    ...more,
  });

async function smoke(url: string, ...argv: string[]) {
  const { code, stdout } = await runCli(['preflight', '--nats-url', url, '--json', ...argv], { env: {} });
  const { checks } = JSON.parse(stdout) as {
    checks: { check: string; status: string; detail: string; findings: { problem: string }[] }[];
  };
  const found = checks.find(({ check }) => check === 'smoke.task');
  return { code, found, problem: found?.findings[0]?.problem ?? '' };
}

test('a task goes through and comes back, and the report says that one was sent', async (t) => {
  const { url, seen } = await answering(t, (task, bus) => {
    // A stranger's result on the same subject must not be taken for ours.
    bus.publish(
      `heddle.results.${task.parent_task_id}`,
      result({ ...task, task_id: 'another' }, { status: 'failed', error: 'not yours' }),
    );
    bus.publish(`heddle.results.${task.parent_task_id}`, result(task, { status: 'completed', output: {} }));
  });
  const { code, found } = await smoke(url, '--smoke', 'echo.local', '--smoke-payload', '{"text":"ping"}');
  assert.equal(code, 0);
  assert.match(found?.detail ?? '', /^SENT one task for echo; completed after [\d.]+ ms$/);
  assert.equal(seen.length, 1);
  const [task] = seen;
  assert.deepEqual([task?.worker_type, task?.model_tier, task?.payload], ['echo', 'local', { text: 'ping' }]);
});

const ENDS: readonly { what: string; reply: (task: Task, bus: Transport) => void; says: RegExp }[] = [
  {
    what: 'the worker fails',
    reply: (task, bus) =>
      bus.publish(
        `heddle.results.${task.parent_task_id}`,
        result(task, { status: 'failed', error: "Input validation: ['x']" }),
      ),
    says: /^the task sent to echo came back failed after [\d.]+ ms: Input validation: \['x'\]$/,
  },
  {
    what: 'the router refuses',
    reply: (task, bus) =>
      bus.publish(
        'heddle.tasks.dead_letter',
        JSON.stringify({
          reason: "rate_limited: tier 'local' has no available capacity",
          original_task: task,
          task_id: task.task_id,
          worker_type: 'echo',
        }),
      ),
    says: /^the router refused the task for echo: rate_limited: tier 'local'/,
  },
  {
    what: 'the worker is of another generation',
    reply: (task, bus) => {
      const payload = JSON.parse(result(task, { status: 'completed', output: {} })) as object;
      bus.publish(
        `heddle.results.${task.parent_task_id}`,
        JSON.stringify({ payload_type: 'core.TaskResult', payload }),
      );
    },
    says: /^the task sent to echo was answered \(completed\) after [\d.]+ ms with a generation C frame, which Heddle 0\.9\.2 does not read$/,
  },
  { what: 'no result comes', reply: () => {}, says: /^no result from echo within \d+ ms; the task may still run$/ },
];

for (const { what, reply, says } of ENDS) {
  test(`how it may end: ${what}`, async (t) => {
    const { url } = await answering(t, reply);
    const { code, problem } = await smoke(url, '--smoke', 'echo', '--smoke-timeout', '300ms');
    assert.equal(code, 1);
    assert.match(problem, says);
  });
}

test('how it may end: nobody listens, which is known at once', async (t) => {
  const broker = await startBroker();
  t.after(() => broker.close());
  const from = performance.now();
  const { code, problem } = await smoke(broker.url, '--smoke', 'echo', '--smoke-timeout', '60s');
  assert.equal(code, 1);
  assert.match(problem, /^the task reached nobody: no router listens/);
  assert.ok(performance.now() - from < 10_000);
});

test('without --smoke nothing is ever published', async (t) => {
  const broker = await startBroker();
  t.after(() => broker.close());
  const watcher = await act(t, broker.url, { hears: [] });
  const heard: string[] = [];
  watcher.subscribe('>', ({ subject }) => {
    if (!subject.startsWith('$SYS.') && !subject.startsWith('_INBOX.')) heard.push(subject);
  });
  await watcher.flush();
  await runCli(['preflight', '--nats-url', broker.url, '--expect', 'router'], { env: {} });
  await watcher.flush();
  assert.deepEqual(heard, []);
});

test('a user who may not see the result sends nothing, and is told so at once', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const rules = 'permissions: { subscribe: { deny: "heddle.results.>" } }';
  const users = `{ user: all, password: all }, { user: ada, password: ada, ${rules} }`;
  const server = await natsServerFor(t, { config: `authorization: { users: [ ${users} ] }` });
  const bus = await act(t, server.url.replace('://', '://all:all@'), { hears: [] });
  let sent = 0;
  bus.subscribe('heddle.tasks.incoming', () => {
    sent += 1;
  });
  await bus.flush();
  const url = server.url.replace('://', '://ada:ada@');
  const from = performance.now();
  const { code, found } = await smoke(url, '--smoke', 'echo', '--smoke-timeout', '60s');
  assert.ok(performance.now() - from < 30_000);
  await bus.flush();
  assert.deepEqual([code, sent, found?.status], [3, 0, 'failed']);
  assert.match(
    found?.findings[0]?.problem ?? '',
    /may not subscribe to heddle\.results\.preflight-.*: nothing was sent/,
  );
});
