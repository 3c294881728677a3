import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryBus } from '../../../src/transport/memory.ts';
import { headers, NoRespondersError, RequestError, TimeoutError } from '../../../src/transport/nats/client.ts';
import { ClientConnection } from '../../../src/transport/nats/client-connection.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { noLeaks } from '../../helpers/leaks.ts';

noLeaks();

async function connected(t: { after(undo: () => Promise<void>): void }): Promise<{
  bus: Transport;
  connection: ClientConnection;
  memory: ReturnType<typeof createMemoryBus>;
}> {
  const memory = createMemoryBus();
  t.after(() => memory.close());
  const bus = await memory.connect({ reconnect: true });
  return { bus, connection: new ClientConnection(bus), memory };
}

test('a request is answered, with headers both ways', async (t) => {
  const { bus, connection } = await connected(t);
  bus.subscribe('echo', ({ reply, data, headers: given }) => {
    if (reply) bus.publish(reply, data, { headers: { Back: given?.get('There') ?? '' } });
  });
  const wire = headers();
  wire.set('There', 'x');
  const answer = await connection.request('echo', '{"a":1}', { timeout: 1000, headers: wire });
  assert.deepEqual(answer.json(), { a: 1 });
  assert.equal(answer.headers?.get('Back'), 'x');
});

test('nobody, and nobody in time, are the errors that the packages look for; all others are ours', async (t) => {
  const { bus, connection } = await connected(t);
  await assert.rejects(connection.request('nobody', '', { timeout: 1000 }), (error) => {
    assert.ok(error instanceof RequestError && error.cause instanceof NoRespondersError);
    return error.isNoResponders();
  });
  bus.subscribe('silent', () => {});
  await assert.rejects(connection.request('silent', '', { timeout: 20 }), TimeoutError);
  await bus.close();
  await assert.rejects(connection.request('echo', '', { timeout: 1000 }), { code: 'connection_closed' });
});

test('a subscription calls back, answers, and hears why it ended', async (t) => {
  const { bus, connection } = await connected(t);
  const heard: string[] = [];
  const subscription = connection.subscribe('a.*', {
    callback: (error, message) => {
      heard.push(error?.message ?? message.subject);
      if (error === null) message.respond('back');
    },
  });
  const answer = await bus.request('a.b', '', { timeoutMs: 1000 });
  assert.equal(Buffer.from(answer.data).toString(), 'back');
  assert.deepEqual([heard, subscription.getSubject(), subscription.getReceived()], [['a.b'], 'a.*', 1]);
  subscription.unsubscribe();
  await subscription.closed;
  assert.equal(subscription.isClosed(), true);
  bus.publish('a.c', '');
  await bus.flush();
  assert.deepEqual(heard, ['a.b']);
});

test('news of the connection, as the packages wait for them', async (t) => {
  const { bus, connection, memory } = await connected(t);
  const seen: string[] = [];
  const listening = (async () => {
    for await (const { type } of connection.status()) seen.push(type);
  })();
  const told: string[] = [];
  const listener = { connectionClosedCallback: () => void told.push('listener') };
  const other = { connectionClosedCallback: () => void told.push('other') };
  connection.addCloseListener(listener);
  connection.addCloseListener(other);
  connection.removeCloseListener(other);
  const back = new Promise<void>((resolve) => {
    bus.onEvent(({ kind }) => kind === 'reconnected' && resolve());
  });
  memory.stop();
  memory.start();
  await back;
  assert.equal(connection.isClosed(), false);
  await bus.close();
  await listening;
  assert.deepEqual(seen, ['disconnect', 'reconnect']);
  assert.equal(await connection.closed(), undefined);
  assert.deepEqual([told, connection.isClosed()], [['listener'], true]);
});

test('what a server can do follows from its version', async (t) => {
  const { connection } = await connected(t);
  assert.deepEqual(connection.getServerVersion(), { major: 2, minor: 10, micro: 0 });
  assert.equal(connection.features.get('js_kv').ok, true);
  assert.equal(connection.features.get('js_batch_direct_get').ok, false);
});

test('what is not served is refused, not half done', async (t) => {
  const { connection } = await connected(t);
  assert.throws(() => connection.subscribe('a'), { code: 'internal' });
  assert.throws(() => connection.stats(), { code: 'internal' });
  await assert.rejects(connection.requestMany(), { code: 'internal' });
  await assert.rejects(connection.reconnect(), { code: 'internal' });
});
