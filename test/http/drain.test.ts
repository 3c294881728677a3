import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Route, route, textReply } from '../../src/http/route.ts';
import { createFakeClock } from '../../src/time/fake-clock.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { answers, get, raw, serveFor, until } from './raw.ts';

noLeaks();

/** More than the kernel takes at once. */
const LARGE = 16 * 1024 * 1024;

/** Routes that wait until they are let go, or until the drain begins. */
function waiting(): { routes: Route[]; release: (() => void)[]; aborted: string[] } {
  const release: (() => void)[] = [];
  const aborted: string[] = [];
  const routes = [
    route({ method: 'GET', path: '/', responses: {}, run: () => textReply(200, 'here') }),
    route({
      method: 'GET',
      path: '/slow',
      responses: {},
      run: ({ signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => aborted.push(String(signal.reason)));
          release.push(() => resolve(textReply(200, 'slow')));
        }),
    }),
    route({
      method: 'GET',
      path: '/poll',
      responses: {},
      run: ({ draining }) =>
        new Promise((resolve) => draining.addEventListener('abort', () => resolve(textReply(200, '[]')))),
    }),
    route({ method: 'GET', path: '/large', responses: {}, run: () => textReply(200, 'x'.repeat(LARGE)) }),
    route({ method: 'GET', path: '/events', responses: {}, run: (context) => context.events() }),
  ];
  return { routes, release, aborted };
}

test('what is under way is finished, what idles is ended at once, streams hear it first', async (t) => {
  const { routes, release } = waiting();
  const server = await serveFor(t, routes);
  const idle = await raw(t, server.port);
  idle.send(get('/'));
  await idle.seen(/here$/);
  const fresh = await raw(t, server.port);
  const running = await raw(t, server.port);
  running.send(get('/slow'));
  const poll = await raw(t, server.port);
  poll.send(get('/poll'));
  const stream = await raw(t, server.port);
  stream.send(get('/events'));
  await stream.seen(/\r\n\r\n/);
  await until('all are here', () => server.counts().connections === 5 && release.length === 1);

  const from = performance.now();
  const drained = server.drain(20_000);
  await Promise.all([idle.ended(), fresh.ended()]);
  assert.match(await stream.ended(), /event: bye\ndata: \{\}\n\n/);
  assert.ok(performance.now() - from < 4_000, 'nobody waits for a time-out');
  const [polled] = answers(await poll.ended());
  assert.deepEqual([polled?.body, polled?.headers.connection], ['[]', 'close']);
  await assert.rejects(fetch(server.url), 'no new connection is taken');
  assert.equal(running.text(), '');
  release[0]?.();
  const [slow] = answers(await running.ended());
  assert.deepEqual([slow?.body, slow?.headers.connection], ['slow', 'close']);
  assert.deepEqual(await drained, { cut: 0 });
  assert.deepEqual(await server.drain(0), { cut: 0 });
  assert.equal(server.counts().streamsEnded.drained, 1);
});

test('what is not done after the grace is cut, its handler told, and counted', async (t) => {
  const clock = createFakeClock();
  const { routes, release, aborted } = waiting();
  const server = await serveFor(t, routes, { clock });
  const clients = [await raw(t, server.port), await raw(t, server.port)];
  for (const client of clients) client.send(get('/slow'));
  await until('both wait', () => release.length === 2);
  const drained = server.drain(15_000);
  await clock.advance(14_999);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(aborted, []);
  await clock.advance(1);
  assert.deepEqual(await drained, { cut: 2 });
  assert.deepEqual(aborted, ['Error: the client left', 'Error: the client left']);
  assert.equal(server.counts().inflight, 0);
  assert.equal(clock.waiting, 0, 'no timer is left');
});

test('a reader that takes no farewell does not hold up the drain beyond its grace', async (t) => {
  const { routes } = waiting();
  const server = await serveFor(t, routes);
  const client = await raw(t, server.port);
  client.socket.pause();
  client.send(get('/events'));
  await until('it is open', () => server.counts().streams === 1);
  const from = performance.now();
  await server.drain(500);
  assert.ok(performance.now() - from < 5_000);
});

test('a request that comes while the server drains is answered on its connection, which ends', async (t) => {
  const { routes, release } = waiting();
  const server = await serveFor(t, routes);
  const client = await raw(t, server.port);
  client.send(get('/slow'));
  await until('it waits', () => release.length === 1);
  const drained = server.drain(20_000);
  client.send(get('/'));
  await until('it came', () => server.counts().requests === 2);
  release[0]?.();
  const statuses = answers(await client.ended()).map(({ status, headers }) => [status, headers.connection]);
  assert.deepEqual(statuses[0], [200, 'close']);
  await drained;
});

test('an answer that was on its way when the drain began arrives whole, and its connection ends after it', async (t) => {
  const { routes } = waiting();
  const server = await serveFor(t, routes);
  const client = await raw(t, server.port);
  client.socket.pause();
  client.send(get('/large'));
  await until('it is answered', () => server.counts().requests === 1);
  const drained = server.drain(20_000);
  const from = performance.now();
  client.socket.resume();
  const [answer] = answers(await client.ended());
  assert.deepEqual([answer?.body.length, answer?.headers.connection], [LARGE, 'keep-alive']);
  assert.ok(performance.now() - from < 4_000, 'nobody waits for a time-out');
  assert.deepEqual(await drained, { cut: 0 });
});

test('a drain of no grace ends all at once', async (t) => {
  const { routes, release, aborted } = waiting();
  const server = await serveFor(t, routes);
  const client = await raw(t, server.port);
  client.send(get('/slow'));
  await until('it waits', () => release.length === 1);
  assert.deepEqual(await server.drain(0), { cut: 1 });
  assert.equal(await client.ended(), '');
  assert.equal(aborted.length, 1);
});

test('what a handler answers after it was cut goes nowhere, and is no failure', async (t) => {
  const { routes, release } = waiting();
  const server = await serveFor(t, routes);
  const client = await raw(t, server.port);
  client.send(get('/slow'));
  await until('it waits', () => release.length === 1);
  await server.drain(0);
  release[0]?.();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(server.errors, []);
});
