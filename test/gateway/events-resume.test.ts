import assert from 'node:assert/strict';
import { connect as connectSocket } from 'node:net';
import { test } from 'node:test';
import { createFakeClock } from '../../src/time/fake-clock.ts';
import { BUSES } from '../helpers/buses.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { until } from '../http/raw.ts';
import { actors, keepingBus } from './bus.ts';
import { replica } from './replica.ts';
import { listen, type SeenStream } from './sse.ts';
import { bodyOf, startGateway, type TestGateway, TOKEN } from './start.ts';

noLeaks();

const skip = skipWithoutNatsServer();
const CONFIG = 'kind: gateway\nlimits: {inflight: 5000}\n';
const post = async (url: string, n: number, more: object = {}): Promise<Record<string, unknown>> => {
  const response = await fetch(`${url}/v1/tasks`, {
    method: 'POST',
    body: JSON.stringify({ worker_type: 'echo', payload: { n }, ...more }),
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(response.status, 202);
  return await bodyOf(response);
};
const numbersIn = (stream: SeenStream): unknown[] =>
  stream.of('task/result').map(({ data }) => (data.result as { output: { n: number } }).output.n);
const rising = (stream: SeenStream): boolean => {
  const offsets = stream.frames.flatMap(({ id }) => (id === undefined ? [] : [Number(id.split('-')[1])]));
  return offsets.every((offset, at) => at === 0 || offset >= (offsets[at - 1] ?? 0));
};
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

test('500 results while a client is away, the replica it was on killed among them: the other one tells all, once, in order', {
  skip,
}, async (t) => {
  const bus = await keepingBus(t);
  await actors(t, await bus.connect());
  const [one, other] = await Promise.all([replica(t, bus, CONFIG), replica(t, bus, CONFIG)]);
  const first = await listen(t, `${one.url}/v1/events?client_id=c`);
  await post(one.url, 0, { client_id: 'c' });
  await first.until('the first is told', () => numbersIn(first).length === 1);
  const place = first.lastId ?? '';
  first.close();
  // The other one must know of the client before nobody else does.
  const ids = new Set<unknown>();
  const send = async (from: number, to: number): Promise<void> => {
    for (let at = from; at < to; at += 25) {
      const sent = range(at, Math.min(to, at + 25)).map((n) => post(other.url, n, { client_id: 'c' }));
      for (const { request_id: id } of await Promise.all(sent)) ids.add(id);
    }
  };
  await send(1, 200);
  one.kill('SIGKILL');
  await send(200, 501);
  const back = await listen(t, `${other.url}/v1/events?client_id=c`, { 'last-event-id': place });
  await back.until('all are told', () => numbersIn(back).length >= 500);
  const live = post(other.url, 501, { client_id: 'c' });
  await back.until('and what comes then', () => numbersIn(back).includes(501));
  await live;
  assert.equal(back.frames[0]?.data.resumed, true);
  assert.deepEqual(
    [...numbersIn(back)].sort((a, b) => Number(a) - Number(b)),
    range(1, 502),
  );
  assert.equal(new Set(back.of('task/result').map(({ data }) => data.request_id)).size, 501);
  assert.ok(rising(back), 'ids rise');
  assert.equal(back.of('reset').length, 0);
});

test('what one sender publishes in order is told in that order, by whichever replica it was kept', {
  skip,
}, async (t) => {
  const bus = await keepingBus(t);
  const worker = await bus.connect();
  const taken: { task_id: string; parent_task_id: string; n: number }[] = [];
  worker.subscribe(
    'heddle.tasks.incoming',
    ({ data }) => {
      const task = JSON.parse(Buffer.from(data).toString());
      taken.push({ task_id: task.task_id, parent_task_id: task.parent_task_id, n: task.payload.n });
    },
    { queue: 'router' },
  );
  await worker.flush();
  const gateways: TestGateway[] = [];
  for (let at = 0; at < 2; at += 1)
    gateways.push(await startGateway(t, await bus.connect({ reconnect: true }), CONFIG));
  const [one, other] = gateways as [TestGateway, TestGateway];
  const streams = await Promise.all(gateways.map(({ url }) => listen(t, `${url}/v1/events`)));
  for (const n of range(0, 300)) await post(n % 2 === 0 ? one.url : other.url, n);
  await until('all are taken', () => taken.length === 300);
  for (const { task_id, parent_task_id, n } of taken) {
    const result = {
      task_id,
      parent_task_id,
      worker_type: 'echo',
      status: 'completed',
      output: { n },
      processing_time_ms: 1,
    };
    worker.publish(`heddle.results.${parent_task_id}`, JSON.stringify(result));
  }
  for (const stream of streams) {
    await stream.until('all are told', () => numbersIn(stream).length === 300);
    assert.deepEqual(
      numbersIn(stream),
      taken.map(({ n }) => n),
    );
    assert.ok(rising(stream));
  }
  assert.deepEqual(
    streams[0]?.of('task/result').map(({ id }) => id),
    streams[1]?.of('task/result').map(({ id }) => id),
  );
});

for (const home of ['memory', 'jetstream'] as const) {
  test(`in ${home}: an id that leads nowhere is told so, and what is for a client from when it was named`, {
    skip: home === 'jetstream' && skip,
  }, async (t) => {
    const connect =
      home === 'jetstream' ? (await keepingBus(t)).connect : (await (BUSES[0] ?? assert.fail()).start(t)).connect;
    await actors(t, await connect());
    const gateway = await startGateway(t, await connect({ reconnect: true }), CONFIG);
    // A result that is there before the client ever connected.
    const early = await post(gateway.url, 1, { client_id: 'named' });
    await until('it is kept', () => gateway.events.length > 0);
    for (let tries = 0; tries < 500; tries += 1) {
      if ((await bodyOf(await gateway.ask(`/v1/requests/${early.request_id}`))).state === 'done') break;
    }
    const named = await listen(t, `${gateway.url}/v1/events?client_id=named`);
    await named.until('it is told', () => numbersIn(named).length === 1);
    assert.deepEqual(numbersIn(named), [1]);
    for (const lost of ['other-7', 'nonsense', `${String(named.frames[0]?.id).split('-')[0]}-999999`]) {
      const stream = await listen(t, `${gateway.url}/v1/events?client_id=named`, { 'last-event-id': lost });
      await stream.until('it is told', () => stream.of('reset').length === 1);
      assert.deepEqual(
        [stream.of('reset')[0]?.data, stream.frames[0]?.data.resumed],
        [{ reason: 'restart' }, false],
        lost,
      );
      assert.equal(stream.of('reset')[0]?.id, named.lastId, 'and from where it can go on');
      stream.close();
    }
    const asked = await listen(t, `${gateway.url}/v1/events?client_id=named&last_event_id=${named.frames[0]?.id}`);
    await asked.until('told again from there', () => numbersIn(asked).length === 1);
  });

  test(`in ${home}: one request is followed to its result, before and after it is there`, {
    skip: home === 'jetstream' && skip,
  }, async (t) => {
    const connect =
      home === 'jetstream' ? (await keepingBus(t)).connect : (await (BUSES[0] ?? assert.fail()).start(t)).connect;
    await actors(t, await connect(), 150);
    const gateway = await startGateway(t, await connect({ reconnect: true }), CONFIG);
    const sent = await post(gateway.url, 7);
    const url = `${gateway.url}/v1/requests/${sent.request_id}/events`;
    const [before, twin] = await Promise.all([listen(t, url), listen(t, url)]);
    await Promise.all([before.ended, twin.ended]);
    assert.deepEqual([numbersIn(before), numbersIn(twin)], [[7], [7]]);
    const after = await listen(t, url);
    await after.ended;
    assert.deepEqual(numbersIn(after), [7]);
    const [init, ping] = after.frames;
    assert.deepEqual([init?.id, ping?.id], [undefined, undefined], 'who leaves here was not told yet, and comes back');
    const seen = await listen(t, url, { 'last-event-id': before.lastId ?? '' });
    assert.equal(seen.status, 204, 'a browser does not come back again');
    const missed = await listen(t, url, { 'last-event-id': before.frames[0]?.id ?? '' });
    await missed.ended;
    assert.deepEqual(numbersIn(missed), [7]);
    assert.equal((await gateway.ask('/v1/requests/gw-nobody/events')).status, 404);
  });

  test(`in ${home}: a ticket opens one stream and nothing else`, { skip: home === 'jetstream' && skip }, async (t) => {
    const connect =
      home === 'jetstream' ? (await keepingBus(t)).connect : (await (BUSES[0] ?? assert.fail()).start(t)).connect;
    const text = 'auth: {tokens: [{id: ci, env: T, scopes: [submit, events]}]}\n';
    const gateways = [];
    for (let at = 0; at < (home === 'jetstream' ? 2 : 1); at += 1)
      gateways.push(await startGateway(t, await connect({ reconnect: true }), text, { env: { T: TOKEN } }));
    const [one, other = one] = gateways as [TestGateway, TestGateway?];
    const given = await one.ask('/v1/events/ticket', { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } });
    const { ticket } = await bodyOf(given);
    assert.equal(given.status, 200);
    const refused = await other.ask(`/v1/contract?ticket=${ticket}`);
    assert.equal(refused.status, 403, 'it is for listening alone');
    assert.equal((await other.ask(`/v1/events?ticket=${ticket}`)).status, 401, 'and was used by that');
    const next = await bodyOf(
      await one.ask('/v1/events/ticket', { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } }),
    );
    const tries = await Promise.all(
      gateways.flatMap(({ url }) => [1, 2, 3].map(() => listen(t, `${url}/v1/events?ticket=${next.ticket}`))),
    );
    assert.equal(tries.filter(({ status }) => status === 200).length, 1);
    const logged = JSON.stringify(gateways.flatMap(({ events }) => events));
    assert.ok(!logged.includes(String(ticket)) && !logged.includes(String(next.ticket)));
  });
}

test('a ticket is good for half a minute, and pings carry the place', async (t) => {
  const clock = createFakeClock();
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const text = 'auth: {tokens: [{id: ci, env: T, scopes: [submit, events]}]}\n';
  const gateway = await startGateway(t, await connect(), text, { env: { T: TOKEN }, clock });
  const headers = { authorization: `Bearer ${TOKEN}` };
  const { ticket } = await bodyOf(await gateway.ask('/v1/events/ticket', { method: 'POST', headers }));
  const stream = await listen(t, `${gateway.url}/v1/events`, headers);
  await stream.until('it is greeted', (frames) => frames.length === 2);
  await clock.advance(31_000);
  assert.equal((await gateway.ask(`/v1/events?ticket=${ticket}`)).status, 401);
  await stream.until('a ping', () => stream.of('ping').length === 2);
  assert.equal(stream.of('ping')[1]?.id, stream.frames[0]?.id);
});

test('at the end every client is told to come back', async (t) => {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const gateway = await startGateway(t, await connect(), CONFIG);
  const stream = await listen(t, `${gateway.url}/v1/events`);
  await stream.until('it is greeted', (frames) => frames.length === 2);
  const { cut } = await gateway.drain(5_000);
  await stream.ended;
  assert.deepEqual([cut, stream.frames.at(-1)?.event, stream.frames.at(-1)?.data], [0, 'bye', { reason: 'drain' }]);
});

test('who never reads is closed and counted, holds no memory, troubles nobody, and misses nothing that is kept', async (t) => {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  const bus = await connect();
  // Somebody takes it, and never answers.
  bus.subscribe('heddle.tasks.incoming', () => {}, { queue: 'router' });
  await bus.flush();
  const gateway = await startGateway(t, await connect(), CONFIG);
  const { port } = new URL(gateway.url);
  const deaf = connectSocket(Number(port), '127.0.0.1');
  t.after(() => deaf.destroy());
  deaf.on('error', () => {});
  deaf.pause();
  deaf.write('GET /v1/events?client_id=deaf HTTP/1.1\r\nhost: x\r\n\r\n');
  const good = await listen(t, `${gateway.url}/v1/events?client_id=good`);
  await until('both are there', () => gateway.counts().streams === 2);
  const flooded = await post(gateway.url, 0, { client_id: 'deaf' });
  const quiet = await post(gateway.url, 0, { client_id: 'good' });
  const note = 'x'.repeat(200_000);
  for (const n of range(0, 250)) {
    bus.publish(`heddle.gateway.progress.${flooded.task_id}`, JSON.stringify({ n, note }));
    if (n % 10 === 0) bus.publish(`heddle.gateway.progress.${quiet.task_id}`, JSON.stringify({ n }));
    await bus.flush();
  }
  await good.until('the others are told', () => good.of('task/progress').length === 25);
  await until('it is closed', () => gateway.counts().streams === 1);
  assert.equal(gateway.counts().streamsEnded.overflow, 1);
  const back = await listen(t, `${gateway.url}/v1/events?client_id=deaf`, {
    'last-event-id': `${String(good.frames[0]?.id).split('-')[0]}-0`,
  });
  // Of what it missed only the latest MiB is kept, and it is told that there was more.
  await back.until('it is told', () => numbers(back).includes(249));
  assert.deepEqual(
    back.frames.slice(0, 4).map(({ event, data }) => [event, data.reason]),
    [
      ['init', undefined],
      ['ping', undefined],
      ['reset', 'gap'],
      ['overflow', undefined],
    ],
  );
  assert.deepEqual(numbers(back), range(250 - numbers(back).length, 250));
});

const numbers = (stream: SeenStream): number[] =>
  stream.of('task/progress').map(({ data }) => (data.progress as { n: number }).n);
