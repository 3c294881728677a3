import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { noLeaks } from '../../helpers/leaks.ts';
import { skipWithoutNatsServer } from '../../helpers/nats-server.ts';
import { keepingBus } from '../bus.ts';
import { replica } from '../replica.ts';
import type { TestGateway } from '../start.ts';
import { hearResults, listening, poll, sendTasks, until, worker } from './kit.ts';

noLeaks();

// The built program under the loads, and with the times, that are promised. What is true of it without a clock stands in the other
// files here and in lease/; this form takes long, and its times want a machine that has little else to do.
const skip = process.env.HEDDLE_SOAK === '1' ? skipWithoutNatsServer() : 'HEDDLE_SOAK=1 runs it';

const TASKS = 1_000;
const POLLERS = 20;

function at(url: string): Pick<TestGateway, 'ask'> {
  return {
    ask: async (path, { json, ...init } = {}) => {
      const headers = { 'content-type': 'application/json', ...(init.headers as Record<string, string>) };
      return await fetch(url + path, { ...init, method: 'POST', headers, body: JSON.stringify(json) } as RequestInit);
    },
  };
}

for (const mode of ['core', 'durable']) {
  for (const replicas of [1, 2]) {
    test(`mode ${mode}, replicas ${replicas}: ${POLLERS} pollers, ${TASKS} tasks, each once, loads within 40 %, and the only task of a type is not kept waiting`, {
      skip,
    }, async (t) => {
      const bus = await keepingBus(t);
      const type = `{mode: ${mode}, tiers: [standard]${mode === 'core' ? ', buffer: 2000' : ''}}`;
      const config = `kind: gateway\nname: g\nworkers: {types: {ocr: ${type}, other: ${type}}}\n`;
      const gateways = await Promise.all(Array.from({ length: replicas }, () => replica(t, bus, config)));
      const sender = await bus.connect();
      const results = await hearResults(sender);
      const workers = Array.from({ length: POLLERS }, (_, index) =>
        worker(t, at(String(gateways[index % replicas]?.url)), ['ocr', 'other']),
      );
      if (mode === 'core') for (const each of ['ocr', 'other']) await listening(sender, each);
      const ids = Array.from({ length: TASKS }, (_, index) => `t${index}`);
      const from = performance.now();
      sendTasks(sender, 'ocr', ids);
      sendTasks(sender, 'other', ['lonely']);
      await until('all results', () => results.length > TASKS, 120_000);
      const tookMs = performance.now() - from;
      await Promise.all(workers.map((each) => each.stop()));
      assert.deepEqual(results.map(({ task_id }) => task_id).sort(), [...ids, 'lonely'].sort());
      const place = results.findIndex(({ task_id }) => task_id === 'lonely');
      const loads = workers.map(({ done }) => done.length);
      const mean = TASKS / POLLERS;
      const spread = (Math.max(...loads) - Math.min(...loads)) / mean;
      t.diagnostic(
        `${TASKS} tasks in ${Math.round(tookMs)} ms; loads ${Math.min(...loads)} to ${Math.max(...loads)}, apart by ${Math.round(spread * 100)} %; the only one of its type was number ${place + 1}`,
      );
      assert.ok(spread <= 0.4, loads.join());
      assert.ok(place < TASKS / 4, `the only one of its type was number ${place}`);
    });
  }
}

test('the times of a poll: a poller gone, one task of five, three idle types, an answer cut off', {
  skip,
}, async (t) => {
  const bus = await keepingBus(t);
  const type = '{tiers: [standard], buffer: 200}';
  const config = `kind: gateway\nworkers: {types: {ocr: ${type}, a: ${type}, b: ${type}, c: ${type}}}\n`;
  const { url } = await replica(t, bus, config);
  const gateway = at(url);
  const sender = await bus.connect();
  const wanted = { task_types: ['ocr'], timeout_ms: 30_000 };
  const times: Record<string, number[]> = {};
  const measure = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    const from = performance.now();
    await work();
    times[what] = [...(times[what] ?? []), performance.now() - from];
  };
  for (let round = 0; round < 10; round += 1) {
    const leaving = new AbortController();
    const left = poll(gateway, wanted, { signal: leaving.signal }).catch(() => []);
    await listening(sender, 'ocr');
    leaving.abort();
    await left;
    await measure('gone', async () => {
      const next = poll(gateway, wanted);
      sendTasks(sender, 'ocr', [`g${round}`]);
      assert.deepEqual(
        (await next).map(({ heddle_task_id }) => heddle_task_id),
        [`g${round}`],
      );
    });
    await measure('one of five', async () => {
      const next = poll(gateway, { ...wanted, max_tasks: 5 });
      sendTasks(sender, 'ocr', [`f${round}`]);
      assert.equal((await next).length, 1);
    });
  }
  await measure('three idle types', async () => {
    assert.deepEqual(await poll(gateway, { task_types: ['a', 'b', 'c'], timeout_ms: 1_000 }), []);
  });
  // More than a socket takes at once, so that the answer is still on its way when the client goes.
  const ids = Array.from({ length: 30 }, (_, index) => `c${index}`);
  sendTasks(sender, 'ocr', ids, { payload: { big: 'x'.repeat(200_000) } });
  const waiting = async (count: number): Promise<boolean> => {
    const { here } = (await (await fetch(`${url}/v1/workers`)).json()) as {
      here: { types: Record<string, unknown>[] };
    };
    return here.types.some(({ type: each, buffered }) => each === 'ocr' && buffered === count);
  };
  await until('all wait for a poll', () => waiting(ids.length));
  // It reads nothing, so that the kernel takes no more of the answer than a socket holds.
  const cut = connect({ host: '127.0.0.1', port: Number(new URL(url).port) });
  const asking = JSON.stringify({ ...wanted, max_tasks: 30 });
  cut.write(
    `POST /v1/tasks/poll HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\ncontent-length: ${asking.length}\r\n\r\n${asking}`,
  );
  await until('they are handed out', () => waiting(0));
  cut.destroy();
  const again: string[] = [];
  await measure('cut off', async () => {
    while (again.length < ids.length) {
      again.push(...(await poll(gateway, { ...wanted, max_tasks: 30 })).map(({ heddle_task_id }) => heddle_task_id));
    }
  });
  assert.deepEqual(again.sort(), [...ids].sort());
  const most = (what: string): number => Math.max(...(times[what] ?? [Number.NaN]));
  t.diagnostic(
    Object.keys(times)
      .map((what) => `${what}: at most ${Math.round(most(what))} ms`)
      .join(', '),
  );
  assert.ok(most('gone') < 300 && most('one of five') < 300, JSON.stringify(times));
  assert.ok(most('three idle types') < 1_500, JSON.stringify(times));
});
