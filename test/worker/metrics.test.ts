import assert from 'node:assert/strict';
import { test } from 'node:test';
import { workerMetrics } from '../../src/worker/metrics.ts';
import { serveMetrics } from '../../src/worker/metrics-server.ts';
import { noLeaks } from '../helpers/leaks.ts';

noLeaks();

const IDS = { taskId: '1', parentTaskId: null, workerType: 'echo', tier: 'local' };

test('counts what the worker says, in the text that Prometheus reads', () => {
  const metrics = workerMetrics('echo', 'local');
  metrics.heard({ kind: 'task_done', status: 'completed', error: undefined, ms: 4, waitedMs: 0, ...IDS });
  metrics.heard({ kind: 'task_done', status: 'failed', error: 'x', ms: 700, waitedMs: 0, ...IDS });
  metrics.heard({ kind: 'task_skipped', reason: 'x', bytes: 1 });
  metrics.heard({ kind: 'result_unconfirmed', reason: 'x', ...IDS });
  metrics.heard({ kind: 'result_unheard', reason: 'x', ...IDS });
  metrics.heard({ kind: 'child_died', how: 'x', failed: 0, restartMs: 0 });
  metrics.bus({ kind: 'disconnected', server: 's' });
  const text = metrics.text({ running: 1, waiting: 7 });
  const at = '{worker="echo",tier="local"';
  for (const line of [
    `heddle_worker_tasks_total${at},status="completed"} 1`,
    `heddle_worker_tasks_total${at},status="failed"} 1`,
    `heddle_worker_task_seconds_bucket${at},le="0.005"} 1`,
    `heddle_worker_task_seconds_bucket${at},le="1"} 2`,
    `heddle_worker_task_seconds_bucket${at},le="+Inf"} 2`,
    `heddle_worker_task_seconds_sum${at}} 0.704`,
    `heddle_worker_tasks_running${at}} 1`,
    `heddle_worker_tasks_waiting${at}} 7`,
    `heddle_worker_messages_skipped_total${at}} 1`,
    `heddle_worker_results_unconfirmed_total${at}} 1`,
    `heddle_worker_results_unheard_total${at}} 1`,
    `heddle_worker_child_deaths_total${at}} 1`,
    `heddle_worker_connected${at}} 0`,
  ]) {
    assert.ok(text.split('\n').includes(line), `${line}\nin\n${text}`);
  }
  metrics.bus({ kind: 'reconnected', server: 's' });
  assert.match(metrics.text({ running: 0, waiting: 0 }), /connected\{.*\} 1\n[\s\S]*reconnects_total\{.*\} 1\n$/);
  // Each line is a comment or a sample, and each family is announced once.
  for (const line of text.trimEnd().split('\n'))
    assert.match(line, /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+\{[^}]*\} [0-9.e+-]+)$/);
});

test('counts tasks under the names of the next generation of Heddle, too', () => {
  const metrics = workerMetrics('echo', 'local');
  metrics.heard({ kind: 'task_done', status: 'completed', error: undefined, ms: 4, waitedMs: 0, ...IDS });
  metrics.heard({ kind: 'task_done', status: 'failed', error: 'x', ms: 700, waitedMs: 0, ...IDS });
  const lines = metrics.text({ running: 2, waiting: 7 }).split('\n');
  const at = '{worker_type="echo",model_tier="local"';
  for (const line of [
    `heddle_tasks_received_total${at}} 4`,
    `heddle_tasks_completed_total${at},status="completed"} 1`,
    `heddle_tasks_completed_total${at},status="failed"} 1`,
    `heddle_task_duration_milliseconds_bucket${at},status="completed",le="5"} 1`,
    `heddle_task_duration_milliseconds_bucket${at},status="failed",le="500"} 0`,
    `heddle_task_duration_milliseconds_count${at},status="failed"} 1`,
    `heddle_task_duration_milliseconds_sum${at},status="failed"} 700`,
  ]) {
    assert.ok(lines.includes(line), `${line}\nin\n${lines.join('\n')}`);
  }
  // In flight is received less completed; a counter never falls.
  assert.ok(metrics.text({ running: 0, waiting: 0 }).includes(`heddle_tasks_received_total${at}} 4\n`));
});

test('is served at /metrics, and nothing else is', async () => {
  const server = await serveMetrics(
    '127.0.0.1',
    0,
    () => 'a 1\n',
    () => ({ status: 'ok' }),
  );
  const found = await fetch(server.url);
  assert.equal(found.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  assert.equal(await found.text(), 'a 1\n');
  assert.equal((await fetch(server.url.replace('/metrics', '/'))).status, 404);
  assert.equal((await fetch(server.url, { method: 'POST' })).status, 404);
  const { port } = new URL(server.url);
  await assert.rejects(
    serveMetrics(
      '127.0.0.1',
      Number(port),
      () => '',
      () => ({}),
    ),
    { code: 'usage', message: /cannot serve on 127\.0\.0\.1:\d+: the port is taken/ },
  );
  await server.close();
});
