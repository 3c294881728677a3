import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startBroker } from '../../../src/broker/broker.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { readHttpWorkers } from '../../../src/topology/read-http-workers.ts';
import { readTopology } from '../../../src/topology/read-topology.ts';
import { connect } from '../../../src/transport/nats.ts';
import { runCli } from '../../helpers/fake-io.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { act, GATEWAY, HEALTHY, processor } from '../../preflight/actors.ts';
import { startGateway, type TestGateway } from '../start.ts';
import { poll, until } from './kit.ts';

noLeaks();

const TEXT = 'name: edge\nworkers: {types: {ocr: {tiers: [standard]}, free: {tiers: [local]}}}\n';

async function started(t: TestContext, text = TEXT) {
  const broker = await startBroker({ port: 0 });
  t.after(() => broker.close());
  const { url } = broker;
  const join = async (name: string) => {
    const bus = await connect({ servers: [url], name, reconnect: true });
    t.after(() => bus.close());
    return bus;
  };
  for (const actor of HEALTHY) await act(t, url, actor);
  await act(t, url, processor('ocr', 'standard'));
  const gateway = await startGateway(t, await join('heddle-ts gateway edge'), text);
  const looker = await join('heddle-ts status');
  const look = async () => {
    const map = await readTopology(looker);
    assert.ok(map.known);
    return await readHttpWorkers(looker, map, { clock: systemClock });
  };
  return { url, gateway, look, join };
}

/** A worker that stays connected until the test ends. */
async function connected(
  t: TestContext,
  gateway: TestGateway,
  json: Record<string, unknown>,
): Promise<AbortController> {
  const leaving = new AbortController();
  const response = await gateway.ask('/v1/workers/connect', { json, signal: leaving.signal });
  assert.equal(response.status, 200);
  const reading = (async () => {
    for await (const _ of response.body ?? []) if (leaving.signal.aborted) break;
  })().catch(() => {});
  t.after(async () => {
    leaving.abort();
    await reading;
  });
  return leaving;
}

test('workers over HTTP are on the map beside native ones, by type, tier and gateway, with names or without, until they leave', async (t) => {
  const { url, gateway, look } = await started(t);
  assert.deepEqual((await look()).unknown, []);
  assert.deepEqual((await look()).workers, []);
  const leaving = await connected(t, gateway, { worker_id: 'w1', task_types: ['ocr', 'free'], max_tasks: 2 });
  const over = new AbortController();
  const polls = [1, 2].map(() =>
    poll(gateway, { task_types: ['ocr'], timeout_ms: 20_000 }, { signal: over.signal }).catch(() => []),
  );
  await until('both polls wait', async () => (await look()).lanes.some(({ unnamedPolls }) => unnamedPolls === 2));
  const http = await look();
  assert.deepEqual(
    http.lanes.map(({ gateway, type, tier, mode, workers, unnamedPolls }) => [
      ...[gateway, type, tier, mode],
      ...[workers, unnamedPolls],
    ]),
    [
      ['edge', 'free', 'local', 'core', 1, 0],
      ['edge', 'ocr', 'standard', 'core', 1, 2],
    ],
  );
  assert.deepEqual(
    http.workers.map(({ workerId, lanes, connectedBy }) => [workerId, lanes, connectedBy]),
    [['w1', ['free.local', 'ocr.standard'], 'stream']],
  );

  const shown = await runCli(['status', '--nats-url', url]);
  assert.match(
    shown.stdout,
    /worker +ocr +standard +processors +1 .*\n +worker +ocr +standard +HTTP +3 .*over HTTP by gateway edge, 2 without a name/,
  );
  assert.match(shown.stdout, /worker +free +local +HTTP +1 .*over HTTP by gateway edge\n/);
  const document = JSON.parse((await runCli(['status', '--nats-url', url, '-o', 'json'])).stdout) as {
    http_workers: { known: boolean; types: { type: string; workers: number }[] };
    workers: { type: string; gateways: string[] }[];
  };
  assert.equal(document.http_workers.known, true);
  assert.deepEqual(document.workers.find(({ type }) => type === 'ocr')?.gateways, ['edge']);
  assert.deepEqual(document.workers.find(({ type }) => type === 'echo')?.gateways, []);
  const checked = await runCli(['preflight', '--nats-url', url, '--expect', 'worker:free', '--expect', 'worker:ocr:4']);
  assert.match(checked.stdout, /1 of free\.local by gateway edge, 3 of ocr\.standard by gateway edge/);
  assert.equal(checked.code, 0, checked.stdout);

  over.abort();
  await Promise.all(polls);
  leaving.abort();
  await until('nobody is there', async () => {
    const { lanes, workers } = await look();
    return workers.length === 0 && lanes.every(({ workers, unnamedPolls }) => workers + unnamedPolls === 0);
  });
});

test('a gateway that hands nothing out says so, and one that does not answer is unknown, which is not none', async (t) => {
  const hooks = 'webhooks: {in: {verify: {scheme: none, insecure: true}, to: task, worker_type: ocr}}';
  const { url, look, join } = await started(t, `name: edge\nrequests: false\n${hooks}\n`);
  const told = await look();
  assert.deepEqual([told.unknown, told.lanes], [[], []]);
  await join('heddle-ts submit');
  await act(t, url, GATEWAY);
  assert.deepEqual((await look()).unknown, ['1 of 1 replica of gateway public did not say who works over HTTP']);
  const shown = await runCli(['status', '--nats-url', url, '--worker', 'echo']);
  assert.match(shown.stdout, /1 worker or more of 1 type/);
  assert.match(shown.stdout, /out of sight\n +1 of 1 replica of gateway public did not say/);
  const checked = await runCli(['preflight', '--nats-url', url, '--expect', 'worker:nobody']);
  assert.match(checked.stdout, /no worker nobody listens, as far as is known \(1 of 1 replica of gateway public/);
  assert.match(checked.stdout, /http_workers skipped: 1 of 1 replica of gateway public did not say/);
});
