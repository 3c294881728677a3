import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { test } from 'node:test';
import { GatewayError, gatewayClient } from '../../src/gateway-client.ts';
import { BUSES } from '../helpers/buses.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { inProject } from '../helpers/root.ts';
import { actors, goalTaker } from './bus.ts';
import { startGateway, TOKEN } from './start.ts';
import { listening, sendTasks } from './workers/kit.ts';

noLeaks();

test('the client of a worker: tasks are polled, kept, answered once', async (t) => {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const bus = await connect();
  const { url } = await startGateway(t, await connect({ reconnect: true }), 'workers: {types: {ocr: {}}}\n');
  const gateway = gatewayClient({ url });
  assert.deepEqual(await gateway.poll({ taskTypes: ['ocr'], timeoutMs: 0 }), []);
  await listening(bus, 'ocr');
  sendTasks(bus, 'ocr', ['t/1']);
  const [item] = await gateway.poll({ taskTypes: ['ocr'], workerId: 'w' });
  assert.ok(item !== undefined);
  assert.deepEqual([item.heddle_task_id, item.attempt, item.payload], ['t/1', 1, { id: 't/1' }]);
  assert.equal((await gateway.resolve(item, { action: 'heartbeat' })).status, 'leased');
  await gateway.resolve(item, { action: 'send_signal', name: 's', data: [1] });
  assert.deepEqual(await gateway.waitSignal(item, { name: 's', timeoutMs: 1_000 }), [1]);
  const done = { action: 'complete', output: { ok: true } } as const;
  assert.equal((await gateway.resolve(item, done)).status, 'completed');
  assert.equal((await gateway.resolve(item, done)).duplicate, true);
  await assert.rejects(gateway.resolve(item, { action: 'fail' }), { code: 'already_resolved', status: 409 });
});

test('the client of a connected worker: it is in the directory, tasks are pushed to it, and it comes back when its gateway is replaced', async (t) => {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const bus = await connect();
  const text = 'auth: {tokens: [{id: w, env: T, scopes: ["work:ocr"]}]}\nworkers: {types: {ocr: {lease_s: 77}}}\n';
  const env = { T: TOKEN };
  const first = await startGateway(t, await connect({ reconnect: true }), text, { env });
  const gateway = gatewayClient({ url: first.url, token: TOKEN });
  const over = new AbortController();
  const options = { workerId: 'w1', taskTypes: ['ocr'], maxTasks: 2, push: true, signal: over.signal };
  const seen: string[] = [];
  for await (const news of gateway.connect(options)) {
    if (news.event === 'connected') {
      seen.push(`connected ${news.types.map(({ task_type, lease_ms }) => `${task_type} ${lease_ms}`).join()}`);
      const { workers, here } = await gateway.workers();
      assert.deepEqual(
        [workers.map(({ worker_id, push }) => [worker_id, push]), here.connections],
        [[['w1', true]], 1],
      );
      await listening(bus, 'ocr');
      sendTasks(bus, 'ocr', [`t${seen.length}`]);
    } else if (news.event === 'task') {
      const { heddle_task_id: id } = news.task;
      const { status, confirmed } = await gateway.resolve(news.task, { action: 'complete', output: {} });
      seen.push(`${id} ${status} ${confirmed}`);
      if (seen.length > 4) over.abort();
      else {
        const { port, hostname } = new URL(first.url);
        void first.drain(2_000).then(async () => {
          const listen = `listen: ${hostname}:${port}\n`;
          await startGateway(t, await connect({ reconnect: true }), listen + text, { env });
        });
      }
    } else seen.push(news.event);
  }
  assert.deepEqual(seen, [
    'connected ocr 77000',
    't1 completed undefined',
    'bye',
    'connected ocr 77000',
    't4 completed undefined',
  ]);
  const wrong = gatewayClient({ url: first.url, token: TOKEN }).connect({
    ...options,
    taskTypes: ['nothing'],
    signal: undefined,
  });
  await assert.rejects(
    async () => {
      for await (const _ of wrong) assert.fail('nothing is told');
    },
    { code: 'unknown_task_type' },
  );
});

test('the client: work is sent, waited for, looked up and forgotten; problems are thrown', async (t) => {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const bus = await connect();
  const text = 'auth: {tokens: [{id: ci, env: T, scopes: [submit]}]}\n';
  const { url } = await startGateway(t, await connect({ reconnect: true }), text, { env: { T: TOKEN } });
  const gateway = gatewayClient({ url: `${url}/`, token: TOKEN });
  const thrown = (work: Promise<unknown>): Promise<GatewayError> =>
    work.then(
      () => assert.fail('nothing was thrown'),
      (error: unknown) => (error instanceof GatewayError ? error : assert.fail(String(error))),
    );
  const unheard = await thrown(gateway.sendTask({ worker_type: 'echo', payload: {} }));
  assert.deepEqual(
    [unheard.code, unheard.status, unheard.retryable, unheard.retryAfterS],
    ['nobody_listens', 503, true, 5],
  );
  await actors(t, bus);
  await goalTaker(bus);
  const answered = await gateway.sendTask({ worker_type: 'echo', payload: { n: 1 } }, { waitS: 5 });
  assert.ok(answered.kind === 'answered');
  assert.deepEqual(answered.result.output, { n: 1 });
  const goal = await gateway.sendGoal({ instruction: 'Do it', context: { a: 1 } }, { waitS: 5, idempotencyKey: 'k' });
  assert.ok(goal.kind === 'answered');
  assert.deepEqual(goal.result.output, { a: 1 });
  const accepted = await gateway.sendTask({ worker_type: 'echo', payload: {} });
  assert.ok(accepted.kind === 'accepted');
  assert.equal(accepted.listener, 'seen');
  let found = await gateway.request(accepted.request_id);
  for (let tries = 0; tries < 200 && found.state !== 'done'; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    found = await gateway.request(accepted.request_id);
  }
  assert.deepEqual([found.status, found.result?.status], ['completed', 'completed']);
  await gateway.forget(accepted.request_id);
  assert.equal((await thrown(gateway.request(accepted.request_id))).code, 'request_forgotten');
  const invalid = await thrown(gateway.sendTask({ worker_type: 'a b', payload: {} }));
  assert.deepEqual([invalid.code, invalid.errors[0]?.pointer], ['invalid_message', '/worker_type']);
  assert.equal((await thrown(gatewayClient({ url }).request('gw-x'))).status, 401);
});

test('the client listens, goes on where it was when its gateway is replaced, and follows one request', async (t) => {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  await actors(t, await connect());
  const text = 'auth: {tokens: [{id: ci, env: T, scopes: [submit, events]}, {id: deaf, env: D, scopes: [submit]}]}\n';
  const env = { T: TOKEN, D: 'a-token-that-may-not-listen' };
  const first = await startGateway(t, await connect({ reconnect: true }), text, { env });
  const over = new AbortController();
  const gateway = gatewayClient({ url: first.url, token: TOKEN });
  const seen: string[] = [];
  let cut = false;
  for await (const { event, data } of gateway.events({ clientId: 'c', signal: over.signal })) {
    if (event === 'init') {
      seen.push(`init ${data.resumed}`);
      for (const n of cut ? [] : [1, 2])
        await gateway.sendTask({ worker_type: 'echo', payload: { n } }, { clientId: 'c' });
    }
    if (event !== 'task/result') continue;
    const { output } = data.result as { output: { n: number } };
    seen.push(`result ${output.n}`);
    if (output.n === 3) over.abort();
    if (output.n !== 2) continue;
    cut = true;
    const { port, hostname } = new URL(first.url);
    await first.drain(2_000);
    const listen = `listen: ${hostname}:${port}\n`;
    const next = await startGateway(t, await connect({ reconnect: true }), listen + text, { env });
    assert.equal(next.url, first.url);
    // What is sent before the client is back finds it.
    await gateway.sendTask({ worker_type: 'echo', payload: { n: 3 } }, { clientId: 'c' });
  }
  assert.deepEqual(seen, ['init false', 'result 1', 'result 2', 'init false', 'result 3']);
  const sent = await gateway.sendTask({ worker_type: 'echo', payload: { n: 4 } });
  const events: string[] = [];
  assert.ok(sent.kind === 'accepted');
  for await (const { event } of gateway.requestEvents(sent.request_id)) events.push(event);
  assert.deepEqual(events, ['init', 'task/result']);
  const deaf = gatewayClient({ url: first.url, token: env.D });
  await assert.rejects(
    async () => {
      for await (const _ of deaf.events()) assert.fail('nothing is told');
    },
    { code: 'forbidden' },
  );
});

/** What of the published package is loaded with a file of it, at once or later, and how. */
function published(path: string, seen = new Map<string, string>()): Map<string, string> {
  const text = readFileSync(inProject('dist', 'sdk', path), 'utf8');
  seen.set(path, text);
  for (const [, from = ''] of text.matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) {
    assert.match(from, /^\.\.?\//, `${path} imports ${from}`);
    const at = posix.join(posix.dirname(path), from);
    if (!seen.has(at)) published(at, seen);
  }
  return seen;
}

test('it imports nothing, so that it runs anywhere', () => {
  const source = (name: string): string => readFileSync(inProject('src', 'gateway', name), 'utf8');
  assert.doesNotMatch(source('client.ts'), /^import (?!type )|\brequire\(|\bprocess\b/m);
  // Nothing of this is left at run time.
  assert.doesNotMatch(source('client-shapes.ts'), /^import|^export (?!interface |type )/m);
  const loaded = published('gateway-client.js');
  assert.doesNotMatch(loaded.get('gateway/client.js') ?? assert.fail(), /^import|^export .* from/m);
  // What listens comes when somebody does.
  assert.deepEqual([...loaded.keys()].sort(), [
    'gateway-client.js',
    'gateway/client-events.js',
    'gateway/client.js',
    'time/clock.js',
    'time/wait.js',
  ]);
  for (const [path, text] of loaded) {
    assert.doesNotMatch(
      text,
      /\brequire\b|\bprocess\b|\bBuffer\b|\bsetImmediate\b|\b__dirname\b|\bimport\.meta\b/,
      path,
    );
  }
});
