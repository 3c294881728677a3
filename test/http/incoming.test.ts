import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonReply, type Route, route } from '../../src/http/route.ts';
import { createFakeClock } from '../../src/time/fake-clock.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { answers, post, raw, serveFor, until } from './raw.ts';

// What becomes of a body that nobody reads to its end, on a clock that stands: nothing here is waited out.

noLeaks();

const left: string[] = [];
const routes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/refused',
    request: { types: ['text/csv'] },
    responses: {},
    run: () => jsonReply(200, 1),
  }),
  route({
    method: 'POST',
    path: '/part',
    request: { asItComes: true },
    responses: {},
    run: async (context) => {
      for await (const part of context.stream().iterator({ destroyOnReturn: false })) {
        return jsonReply(200, String(part));
      }
      return jsonReply(200, null);
    },
  }),
  route({
    method: 'POST',
    path: '/waits',
    request: {},
    responses: {},
    run: async (context) => {
      const { value } = await context.json();
      await new Promise<void>((resolve) => context.onLeft(resolve));
      left.push(String(value));
      return jsonReply(200, value);
    },
  }),
];

const statusAndConnection = (text: string) => answers(text).map(({ status, headers }) => [status, headers.connection]);

test('a body that is sent only on a word that does not come is not waited for', async (t) => {
  const { port } = await serveFor(t, routes, { clock: createFakeClock() });
  const client = await raw(t, port);
  client.send(post('/refused', '{"a":1}', 'expect: 100-continue').slice(0, -'{"a":1}'.length));
  assert.deepEqual(statusAndConnection(await client.ended()), [[415, 'close']]);
});

test('a body of which a route has read a part is taken to its end, so that the answer arrives, and the connection ends', async (t) => {
  const { port } = await serveFor(t, routes, { clock: createFakeClock() });
  const client = await raw(t, port);
  const request = post('/part', '0123456789');
  client.socket.write(request.slice(0, -7));
  assert.deepEqual(statusAndConnection(await client.seen(/"012"$/)), [[200, 'close']]);
  let over = false;
  void client.ended().then(() => (over = true));
  client.socket.write(request.slice(-7, -1));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(over, false);
  client.socket.write(request.slice(-1));
  await client.ended();
});

test('when a body has come whole, what cannot be read behind it is no fault of the body', async (t) => {
  const { port, access, errors } = await serveFor(t, routes, { clock: createFakeClock() });
  const client = await raw(t, port);
  client.send(post('/waits', '"whole"'));
  client.send('no request at all', '', '');
  assert.equal(await client.ended(), '');
  await until('the route knows', () => left.length === 1);
  assert.deepEqual([left, access.map(({ status }) => status), errors], [['whole'], [499], []]);
});
