import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from '../../src/transport/nats.ts';
import { startGateway } from '../gateway/start.ts';
import { until, worker } from '../gateway/workers/kit.ts';
import { heddleBus } from './bus.ts';
import { skipWithoutHeddle } from './heddle.ts';

test("Heddle's own processor and workers over HTTP in one group: a thousand tasks, a thousand results, none twice, both at work", {
  skip: skipWithoutHeddle,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-interop-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const bus = await heddleBus(t, folder);
  await bus.processor('echo');
  await bus.router();
  const [ours, sender] = [
    await connect({ servers: [bus.url], reconnect: true }),
    await connect({ servers: [bus.url] }),
  ];
  t.after(() => Promise.all([ours.close(), sender.close()]));
  const gateway = await startGateway(t, ours, 'workers: {types: {echo: {buffer: 20, tiers: [local]}}}\n');
  const over = Array.from({ length: 4 }, () => worker(t, gateway, ['echo']));
  await bus.heard('heddle.tasks.echo.local', 2);
  const raw: string[] = [];
  sender.subscribe('heddle.results.goal', ({ data }) => void raw.push(Buffer.from(data).toString()));
  await sender.flush();
  const trace = '{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}';
  for (let at = 0; at < 1_000; at += 1) {
    // Straight to the workers: this Heddle's router puts a trace of its own in its place.
    sender.publish(
      'heddle.tasks.echo.local',
      `{"task_id":"t${at}","parent_task_id":"goal","worker_type":"echo","model_tier":"local","payload":{"text":"${at}"},"_trace_context":${trace},"_lane":{"n":${at}}}`,
    );
    if (at % 50 === 0) await sender.flush();
  }
  await until('all results', () => raw.length >= 1_000, 60_000);
  await Promise.all(over.map((each) => each.stop()));
  await sender.flush();
  const results = raw.map((text) => JSON.parse(text) as Record<string, unknown>);
  assert.equal(new Set(results.map(({ task_id }) => task_id)).size, 1_000);
  assert.equal(results.length, 1_000);
  const byHttp = new Set(over.flatMap(({ done }) => done));
  assert.ok(byHttp.size > 0 && byHttp.size < 1_000, `${byHttp.size} of a thousand over HTTP`);
  t.diagnostic(`${byHttp.size} of a thousand over HTTP`);
  for (const { task_id, status, _lane, _trace_context } of results) {
    assert.equal(status, 'completed');
    if (!byHttp.has(String(task_id))) continue;
    assert.deepEqual(_lane, { n: Number(String(task_id).slice(1)) });
    assert.deepEqual(_trace_context, JSON.parse(trace));
  }
});
