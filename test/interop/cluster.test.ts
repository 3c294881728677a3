import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { cluster } from '../deadletter/cluster.ts';
import { findNatsServer, findNewestNatsServer } from '../helpers/nats-server.ts';
import { freePort } from '../helpers/ports.ts';
import { startProgram } from '../helpers/program.ts';
import { workerConfig } from './bus.ts';
import { heddle, skipWithoutHeddle } from './heddle.ts';

// Three servers with JetStream, Heddle's own router and processor, and two gateways; one of the servers is killed while requests
// pass. What a gateway acknowledged is there afterwards, on the other gateway as well.

const CLIENTS = 8;
const REQUESTS = 400;
const KILL_AT = 120;

test('a server of three is killed under load: nothing that a gateway acknowledged is lost', {
  skip: skipWithoutHeddle,
  timeout: 115_000,
}, async (t) => {
  const servers = await cluster(t, findNewestNatsServer() ?? findNatsServer());
  const [, staying, killed] = servers as [(typeof servers)[0], (typeof servers)[0], (typeof servers)[0]];
  const folder = mkdtempSync(join(tmpdir(), 'heddle-interop-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'router_rules.yaml'), 'tier_overrides: {}\nrate_limits: {}\n');
  writeFileSync(join(folder, 'echo.yaml'), workerConfig('echo', 'Echo'));
  writeFileSync(join(folder, 'gateway.yaml'), 'kind: gateway\nstore: {kind: required, replicas: 3}\n');
  // Heddle's actors know one server each, and it is one that stays.
  const reach = ['--nats-url', staying.url, '--skip-preflight'];
  heddle(t, ['router', '--config', 'router_rules.yaml', ...reach], folder);
  heddle(t, ['processor', '--config', 'echo.yaml', '--tier', 'local', ...reach], folder);
  // Ours begin on the one that goes.
  const env = { NATS_URL: [killed, staying].map(({ url }) => url).join(',') };
  const gateways = await Promise.all(
    [0, 1].map(async () => {
      const address = `127.0.0.1:${await freePort()}`;
      const argv = ['gateway', '--config', 'gateway.yaml', '--listen', address, '--timeout', '20s'];
      await startProgram(t, argv, { cwd: folder, env }).seen(/gateway \S+ on http/);
      return `http://${address}`;
    }),
  );
  const [first = '', second = ''] = gateways;
  const ask = (at: number, wait: number): Promise<Response> =>
    fetch(`${first}/v1/tasks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', prefer: `wait=${wait}`, 'idempotency-key': `k-${at}` },
      body: JSON.stringify({ worker_type: 'echo', model_tier: 'local', payload: { at } }),
    });
  // Python takes a while to start.
  for (let tries = 0; (await ask(-1 - tries, 2)).status !== 200; tries += 1) assert.ok(tries < 20, 'nobody answers');

  const acknowledged: { at: number; id: string }[] = [];
  let next = 0;
  let refused = 0;
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      while (next < REQUESTS) {
        const at = next++;
        if (at === KILL_AT) await killed.kill();
        const response = await ask(at, 0);
        const body = (await response.json()) as { request_id?: string };
        if (response.status >= 500) {
          refused += 1;
          await pause(200);
        } else {
          acknowledged.push({ at, id: body.request_id ?? '' });
        }
      }
    }),
  );
  t.diagnostic(`${acknowledged.length} acknowledged, ${refused} refused while the servers found a leader`);
  assert.ok(acknowledged.length > REQUESTS / 2, `${acknowledged.length} of ${REQUESTS} were acknowledged`);
  const states = new Map<string, number>();
  for (const { id, at } of acknowledged) {
    let state = 'unknown';
    for (let tries = 0; tries < 5 && state !== 'done'; tries += 1) {
      const response = await fetch(`${second}/v1/requests/${id}`);
      const body = (await response.json()) as { state?: string; result?: { output?: unknown } };
      state = body.state ?? `status ${response.status}`;
      if (state === 'done') assert.deepEqual(body.result?.output, { at });
      else await pause(100);
    }
    states.set(state, (states.get(state) ?? 0) + 1);
  }
  t.diagnostic(JSON.stringify(Object.fromEntries(states)));
  // Every one is known to the other gateway. What was on its way between two servers when one died has no answer: core NATS keeps
  // nothing, and the request says that it goes on.
  const known = [...states].filter(([state]) => ['done', 'running', 'accepted'].includes(state));
  assert.equal(
    known.reduce((sum, [, times]) => sum + times, 0),
    acknowledged.length,
    JSON.stringify([...states]),
  );
  assert.ok((states.get('done') ?? 0) >= acknowledged.length - 4 * CLIENTS, JSON.stringify([...states]));
});
