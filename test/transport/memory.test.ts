import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryBus } from '../../src/transport/memory.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { noLeaks } from '../helpers/leaks.ts';

noLeaks();

const eventsOf = (bus: Transport): string[] => {
  const events: string[] = [];
  bus.onEvent((event) => events.push(event.kind));
  return events;
};

test('two buses share nothing', async () => {
  const [one, two] = [createMemoryBus(), createMemoryBus()];
  const [a, b] = [await one.connect(), await two.connect()];
  const subscription = b.subscribe('>', () => {});
  await b.flush();
  a.publish('x', '');
  await a.flush();
  await b.flush();
  assert.equal(subscription.received, 0);
  await Promise.all([one.close(), two.close()]);
});

test('a moment without network: who reconnects comes back, who does not is closed', async () => {
  const bus = createMemoryBus();
  const [staying, leaving] = [await bus.connect({ reconnect: true }), await bus.connect()];
  const events = eventsOf(staying);
  const subscription = staying.subscribe('a', () => {});
  await staying.flush();
  staying.publish('a', 'lost');
  bus.dropConnections();
  assert.deepEqual(events, ['disconnected', 'reconnecting']);
  assert.equal((await leaving.closed)?.code, 'connection_lost');
  await assert.rejects(staying.flush(), { code: 'connection_lost', message: /1 message may or may not/ });
  staying.publish('a', 'kept');
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  assert.deepEqual(events, ['disconnected', 'reconnecting', 'reconnected']);
  await staying.flush();
  assert.equal(subscription.received, 1);
  await bus.close();
  assert.deepEqual(events.at(-1), 'closed');
});

test('a flush that waits is told when the bus stops', async () => {
  const bus = createMemoryBus();
  const a = await bus.connect({ reconnect: true });
  const flushing = assert.rejects(a.flush(), { code: 'connection_lost' });
  const asking = assert.rejects(a.rtt(), { code: 'connection_lost' });
  bus.stop();
  await Promise.all([flushing, asking]);
  await bus.close();
});

test('close sends nothing that still waits, drain does', async () => {
  const bus = createMemoryBus();
  const [a, b, listener] = [await bus.connect(), await bus.connect(), await bus.connect()];
  const subscription = listener.subscribe('a', () => {});
  await listener.flush();
  a.publish('a', '');
  await a.close();
  b.publish('a', '');
  await b.drain();
  await listener.flush();
  assert.equal(subscription.received, 1);
  await bus.close();
});

test('a closed bus takes nobody any more', async () => {
  const bus = createMemoryBus();
  const a = await bus.connect();
  await bus.close();
  assert.equal(await a.closed, undefined);
  bus.start();
  await assert.rejects(bus.connect(), { code: 'connection_refused' });
});

test('a token opens it', async () => {
  const bus = createMemoryBus({ token: 'sesame' });
  await assert.rejects(bus.connect(), { code: 'auth_missing' });
  await assert.rejects(bus.connect({ auth: { token: 'other' } }), { code: 'auth_wrong' });
  await assert.rejects(bus.connect({ auth: { user: 'sesame' } }), { code: 'auth_wrong' });
  await (await bus.connect({ auth: { token: 'sesame' } })).flush();
  await bus.close();
  assert.throws(() => createMemoryBus({ token: 'x', users: [] }), { code: 'settings_invalid' });
});

test('it works under a mocked clock', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] });
  const bus = createMemoryBus();
  const a = await bus.connect();
  a.subscribe('ask', (message) => a.publish(message.reply ?? '', 'yes'));
  const answer = await a.request('ask', '', { timeoutMs: 1000 });
  assert.equal(Buffer.from(answer.data).toString(), 'yes');
  const late = assert.rejects(a.request('ask.nobody.answers', '', { timeoutMs: 1000 }), { code: 'nobody_listens' });
  await late;
  await bus.close();
});

test('messages that answer each other without end let others have their turn', async () => {
  const bus = createMemoryBus();
  const a = await bus.connect();
  a.subscribe('ball', () => a.publish('ball', ''));
  a.publish('ball', '');
  await new Promise((resolve) => setTimeout(resolve, 5));
  await bus.close();
});

test('what a receiver writes into a message is seen by nobody else', async () => {
  const bus = createMemoryBus();
  const a = await bus.connect();
  const seen: number[][] = [];
  for (let index = 0; index < 2; index += 1) {
    a.subscribe('a', (message) => {
      seen.push([...message.data]);
      message.data.fill(9);
    });
  }
  const data = Uint8Array.of(1, 2);
  a.publish('a', data);
  data.fill(7);
  await a.flush();
  assert.deepEqual(seen, [
    [1, 2],
    [1, 2],
  ]);
  await bus.close();
});

test('chance chooses the member of a group', async () => {
  const numbers = [0, 0.999, 0.5];
  const bus = createMemoryBus({ random: () => numbers.shift() ?? 0 });
  const a = await bus.connect();
  const heard: number[] = [];
  for (let index = 0; index < 3; index += 1) a.subscribe('a', () => heard.push(index), { queue: 'q' });
  for (let index = 0; index < 3; index += 1) a.publish('a', '');
  await a.flush();
  assert.deepEqual(heard, [0, 2, 1]);
  await bus.close();
});
