import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { BUSES } from '../../helpers/buses.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { startGateway, TOKEN } from '../start.ts';
import { hearResults, listening, sendTasks, until } from './kit.ts';

noLeaks();

// A worker as another bridge's published page describes it, and nothing of ours: it knows three routes, their fields, and that an
// answer of 200 is success. It does not encode ids, knows no lease, reads no body of an answer, and answers with text.

interface TheirTask {
  readonly task_id: string;
  readonly run_id: string;
  readonly step_id: string;
  readonly iteration: number;
  readonly attempt: number;
  readonly input: { readonly id: string };
}

function theirWorker(t: TestContext, base: string, token: string) {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const over = new AbortController();
  const post = (path: string, body: unknown): Promise<Response> =>
    fetch(base + path, { method: 'POST', headers, body: JSON.stringify(body), signal: over.signal });
  const beats: string[] = [];
  const connected = (async () => {
    const response = await post('/v1/workers/connect', {
      worker_id: 'python-worker-1',
      task_types: ['extract-text'],
      max_tasks: 3,
    });
    let text = '';
    for await (const chunk of response.body ?? assert.fail()) {
      text += Buffer.from(chunk).toString();
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const event = /^event: (.*)$/m.exec(text.slice(0, end))?.[1];
        if (event !== undefined) beats.push(event);
        text = text.slice(end + 2);
      }
    }
  })().catch(() => {});
  const working = (async () => {
    while (!over.signal.aborted) {
      const response = await post('/v1/tasks/poll', { task_types: ['extract-text'], max_tasks: 3, timeout_ms: 2_000 });
      assert.equal(response.status, 200);
      for (const task of (await response.json()) as TheirTask[]) {
        const { id } = task.input;
        const body = id.startsWith('bad')
          ? { action: 'fail', error: 'no text in it', failure_type: 'permanent' }
          : { action: 'complete', output: `text of ${id}` };
        const { status } = await post(`/v1/tasks/${task.task_id}/resolve`, body);
        assert.equal(status, 200);
      }
    }
  })().catch((thrown: unknown) => {
    if (!over.signal.aborted) throw thrown;
  });
  const stop = async (): Promise<void> => {
    over.abort();
    await Promise.all([connected, working]);
  };
  t.after(stop);
  return { beats, stop };
}

test('a worker written for another bridge, from its page alone: a hundred tasks, a hundred results, exactly one each', async (t) => {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const text =
    'workers: {types: {extract-text: {lease_s: 30, max_attempts: 2}}}\nauth: {tokens: [{id: w, env: W, scopes: ["work:extract-text"]}]}\n';
  const { url } = await startGateway(t, await connect({ reconnect: true }), text, { env: { W: TOKEN } });
  const bus = await connect();
  const results = await hearResults(bus);
  const theirs = theirWorker(t, url, TOKEN);
  await listening(bus, 'extract-text');
  // Ids as others make them, some of which no address takes as they are.
  const ids = Array.from({ length: 100 }, (_, at) =>
    at % 10 === 0 ? `bad run/${at}?#%` : at % 3 === 0 ? `run ${at}/ä.step-1` : `run${at}.step-1`,
  );
  for (const id of ids) sendTasks(bus, 'extract-text', [id], { parent_task_id: 'goal' });
  await until('a hundred results', () => results.length >= 100);
  await theirs.stop();
  await bus.flush();
  assert.deepEqual(results.map(({ task_id }) => task_id).sort(), [...ids].sort());
  for (const { task_id, status, output, error } of results) {
    const bad = String(task_id).startsWith('bad');
    assert.deepEqual(
      [status, output, error],
      bad ? ['failed', null, 'no text in it'] : ['completed', { result: `text of ${String(task_id)}` }, null],
    );
  }
});
