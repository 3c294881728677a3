import assert from 'node:assert/strict';
import { request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { createFakeClock } from '../../../src/time/fake-clock.ts';
import { BUSES } from '../../helpers/buses.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { bodyOf, startGateway, type TestGateway, TOKEN } from '../start.ts';
import { hearResults, listening, poll, resolve, sendTasks, until } from './kit.ts';

noLeaks();

/** A stream of events, as text that grows. */
async function connect(t: TestContext, gateway: TestGateway, json: Record<string, unknown>) {
  const over = new AbortController();
  const response = await gateway.ask('/v1/workers/connect', { json, signal: over.signal });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  const seen = { text: '', ended: false };
  const reading = (async () => {
    for await (const part of response.body ?? assert.fail()) seen.text += Buffer.from(part).toString();
  })()
    .catch(() => {})
    .finally(() => {
      seen.ended = true;
    });
  const leave = async (): Promise<void> => {
    over.abort();
    await reading;
  };
  t.after(leave);
  return { seen, leave };
}

test('a connected worker is in the directory until it leaves, one of two connections as well; the heartbeat has the form of other bridges', async (t) => {
  const { connect: bus } = await (BUSES[0] ?? assert.fail()).start(t);
  const clock = createFakeClock();
  const gateway = await startGateway(t, await bus(), 'workers: {types: {ocr: {}}}\n', { clock });
  const listed = async () => (await bodyOf(await gateway.ask('/v1/workers'))).workers as Record<string, unknown>[];
  const json = { worker_id: 'w/1', task_types: ['ocr'], max_tasks: 3 };
  const one = await connect(t, gateway, json);
  const two = await connect(t, gateway, json);
  await until('the first event', () => one.seen.text.includes('\n\n'));
  assert.match(one.seen.text, /^event: connected\ndata: \{"worker_id":"w\/1",.*"mode":"core".*\}\n\n$/);
  await until('both', async () => (await listed()).length === 2);
  await one.leave();
  await until('the other one alone', async () => (await listed()).length === 1);
  assert.deepEqual(
    (await listed()).map(({ worker_id, task_types, language, transport, max_tasks }) => [
      worker_id,
      task_types,
      language,
      transport,
      max_tasks,
    ]),
    [['w/1', ['ocr'], 'http', 'bridge', 3]],
  );
  await clock.advance(25_000);
  await until('a heartbeat', () => two.seen.text.endsWith('\n\nevent: heartbeat\ndata: ok\n\n'));
  await two.leave();
  await until('nobody', async () => (await listed()).length === 0);
});

test('a worker that wants them pushed gets tasks on its stream, no more at a time than it takes', async (t) => {
  const { connect: bus } = await (BUSES[0] ?? assert.fail()).start(t);
  const sender = await bus();
  const gateway = await startGateway(t, await bus(), 'workers: {types: {ocr: {}}}\n');
  const results = await hearResults(sender);
  const { seen, leave } = await connect(t, gateway, { worker_id: 'w', task_types: ['ocr'], max_tasks: 2, push: true });
  await listening(sender, 'ocr');
  sendTasks(sender, 'ocr', ['1', '2', '3', '4', '5']);
  const items = () =>
    [...seen.text.matchAll(/event: task\ndata: (.*)\n\n/g)].map(
      ([, data]) => JSON.parse(data ?? '') as { task_id: string },
    );
  await until('two', () => items().length === 2);
  assert.deepEqual(await poll(gateway, { task_types: ['nothing-more'], timeout_ms: 0 }).catch(() => []), []);
  assert.equal(items().length, 2);
  for (let at = 0; at < 5; at += 1) {
    await until(`task ${at}`, () => items().length > at);
    assert.equal((await resolve(gateway, items()[at]?.task_id ?? '', { action: 'complete', output: {} })).status, 200);
  }
  await until('all results', () => results.length === 5);
  await leave();
  sendTasks(sender, 'ocr', ['6']);
  const [next] = await poll(gateway, { task_types: ['ocr'], timeout_ms: 20_000 });
  assert.equal(next?.heddle_task_id, '6');
});

test('an answer that breaks off is handed to the next one, and nothing is lost', async (t) => {
  const { connect: bus } = await (BUSES[0] ?? assert.fail()).start(t);
  const sender = await bus();
  const gateway = await startGateway(t, await bus(), 'workers: {types: {ocr: {buffer: 100}}}\n');
  await poll(gateway, { task_types: ['ocr'], timeout_ms: 0 });
  await listening(sender, 'ocr');
  // More than a socket takes at once, so that the answer is still on its way when the client goes.
  const ids = Array.from({ length: 60 }, (_, at) => `t${at}`);
  sendTasks(sender, 'ocr', ids, { payload: { big: 'x'.repeat(200_000) } });
  await sender.flush();
  await new Promise<void>((done) => {
    const asking = request(`${gateway.url}/v1/tasks/poll`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    asking.on('response', (response) => {
      response.once('data', () => asking.destroy());
      response.on('error', () => {});
    });
    asking.on('error', () => {});
    asking.on('close', () => done());
    asking.end(JSON.stringify({ task_types: ['ocr'], max_tasks: 60, timeout_ms: 20_000 }));
  });
  const again: string[] = [];
  await until('every one of them', async () => {
    const items = await poll(gateway, { task_types: ['ocr'], max_tasks: 60, timeout_ms: 100 });
    again.push(...items.map(({ heddle_task_id }) => heddle_task_id));
    return again.length >= 60;
  });
  assert.deepEqual([...again].sort(), [...ids].sort());
});

test('signals pass from one task of a run to another, whoever comes first', async (t) => {
  const { connect: bus } = await (BUSES[0] ?? assert.fail()).start(t);
  const sender = await bus();
  const gateway = await startGateway(t, await bus(), 'workers: {types: {ocr: {}}}\n');
  const polling = poll(gateway, { task_types: ['ocr'], max_tasks: 2, timeout_ms: 20_000 });
  await listening(sender, 'ocr');
  sendTasks(sender, 'ocr', ['a', 'b'], { parent_task_id: 'run' });
  const items = [...(await polling)];
  while (items.length < 2) items.push(...(await poll(gateway, { task_types: ['ocr'], timeout_ms: 20_000 })));
  const waiting = resolve(gateway, 'a', { action: 'wait_signal', name: 'go', timeout_ms: 20_000 });
  const sent = await resolve(gateway, 'b', { action: 'send_signal', name: 'go', data: { n: 1 } });
  assert.deepEqual([sent.status, sent.body.volatile], [200, true]);
  assert.deepEqual(await waiting, { status: 200, body: { n: 1 } });
  assert.deepEqual(await resolve(gateway, 'a', { action: 'wait_signal', name: 'go', timeout_ms: 100 }), {
    status: 200,
    body: { n: 1 },
  });
  const never = await resolve(gateway, 'a', { action: 'wait_signal', name: 'never', timeout_ms: 50 });
  assert.deepEqual([never.status, never.body.code], [408, 'signal_timeout']);
});

test('progress goes to who follows the task, and never where results are', async (t) => {
  const { connect: bus } = await (BUSES[0] ?? assert.fail()).start(t);
  const sender = await bus();
  const gateway = await startGateway(t, await bus(), 'workers: {types: {ocr: {}}}\n');
  const results = await hearResults(sender);
  const heard: string[] = [];
  sender.subscribe(
    'heddle.gateway.progress.*',
    ({ subject, data }) => void heard.push(`${subject} ${Buffer.from(data).toString()}`),
  );
  const polling = poll(gateway, { task_types: ['ocr'], timeout_ms: 20_000 });
  await listening(sender, 'ocr');
  sendTasks(sender, 'ocr', ['a']);
  await polling;
  const { body } = await resolve(gateway, 'a', { action: 'stream', progress: 0.5, message: 'half', data: [1] });
  assert.equal(body.published, true);
  await until('the news', () => heard.length === 1);
  assert.match(
    heard[0] ?? '',
    /^heddle\.gateway\.progress\.a \{"task_id":"a","parent_task_id":"p-a",.*"message":"half","progress":0\.5,"data":\[1\]\}$/,
  );
  assert.equal(results.length, 0);
});

test('a token works on its types alone, and another one does not see its tasks', async (t) => {
  const { connect: bus } = await (BUSES[0] ?? assert.fail()).start(t);
  const sender = await bus();
  const text =
    'workers: {types: {ocr: {}, other: {}}}\n' +
    'auth: {tokens: [{id: w, env: W, scopes: ["work:ocr"]}, {id: all, env: A, scopes: [work]}, {id: s, env: S, scopes: [submit]}]}\n';
  const env = { W: `${TOKEN}-w`, A: `${TOKEN}-a`, S: `${TOKEN}-s` };
  const gateway = await startGateway(t, await bus(), text, { env });
  const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const status = async (token: string, types: string[]) =>
    (await gateway.ask('/v1/tasks/poll', { json: { task_types: types, timeout_ms: 0 }, ...as(token) })).status;
  assert.deepEqual(
    await Promise.all([
      status(env.W, ['ocr']),
      status(env.W, ['ocr', 'other']),
      status(env.W, ['other.local']),
      status(env.A, ['ocr', 'other']),
      status(env.S, ['ocr']),
      status('no token at all, but long', ['ocr']),
    ]),
    [200, 403, 403, 200, 403, 401],
  );
  const polling = poll(gateway, { task_types: ['ocr'], timeout_ms: 20_000 }, as(env.W));
  await listening(sender, 'ocr');
  sendTasks(sender, 'ocr', ['a']);
  await polling;
  const foreign = await resolve(gateway, 'a', { action: 'complete', output: {} }, as(env.A).headers);
  assert.deepEqual([foreign.status, foreign.body.code], [404, 'unknown_task']);
  assert.equal((await resolve(gateway, 'a', { action: 'complete', output: {} }, as(env.W).headers)).status, 200);
});

test('what is asked for wrongly is said member by member', async (t) => {
  const { connect: bus } = await (BUSES[0] ?? assert.fail()).start(t);
  const gateway = await startGateway(t, await bus(), 'workers: {types: {ocr: {}}}\n');
  const wrong: readonly [Record<string, unknown>, string][] = [
    [{}, '/task_types'],
    [{ task_types: [] }, '/task_types'],
    [{ task_types: 'ocr' }, '/task_types'],
    [{ task_types: Array.from({ length: 21 }, () => 'ocr') }, '/task_types'],
    [{ task_types: ['ocr'], max_tasks: 0 }, '/max_tasks'],
    [{ task_types: ['ocr'], max_tasks: 101 }, '/max_tasks'],
    [{ task_types: ['ocr'], timeout_ms: -1 }, '/timeout_ms'],
    [{ task_types: ['ocr'], timeout_ms: 1.5 }, '/timeout_ms'],
    [{ task_types: ['ocr'], worker_id: 'a b' }, '/worker_id'],
  ];
  for (const [json, pointer] of wrong) {
    const response = await gateway.ask('/v1/tasks/poll', { json });
    const { code, errors } = await bodyOf(response);
    assert.deepEqual(
      [response.status, code, (errors as { pointer: string }[])[0]?.pointer],
      [400, 'bad_request', pointer],
    );
  }
  const capped = await gateway.ask('/v1/tasks/poll', { json: { task_types: ['ocr'], timeout_ms: 0 } });
  assert.equal(capped.headers.get('heddle-poll-timeout'), '0');
  const over = new AbortController();
  const long = gateway.ask('/v1/tasks/poll', {
    json: { task_types: ['ocr'], timeout_ms: 3_600_000 },
    signal: over.signal,
  });
  over.abort();
  await assert.rejects(long);
  const unsupported = await resolve(gateway, 'x', { action: 'continue' });
  assert.deepEqual([unsupported.status, unsupported.body.code], [400, 'unsupported_action']);
});
