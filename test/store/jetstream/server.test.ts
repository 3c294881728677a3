import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startBroker } from '../../../src/broker/broker.ts';
import { openBucket, openStream, streamsCapturing } from '../../../src/store/open.ts';
import { createMemoryBus } from '../../../src/transport/memory.ts';
import { connect } from '../../../src/transport/nats.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../../helpers/nats-server.ts';
import { iterate, readNow, take } from '../gather.ts';

noLeaks();

const real = { skip: skipWithoutNatsServer() };
const CONFIG = 'jetstream { store_dir: "FOLDER" }';

async function refusesInWords(bus: Transport): Promise<void> {
  const none = { code: 'no_match', message: /keeps no messages: JetStream is not enabled for this user there/ };
  const stream = await openStream({ home: 'jetstream', bus }, 'S');
  await assert.rejects(stream.ensure({ subjects: ['s.>'] }), none);
  await assert.rejects(stream.append('x', { subject: 's.a' }), none);
  await assert.rejects(stream.info(), none);
  await assert.rejects(readNow(stream), none);
  const bucket = await openBucket({ home: 'jetstream', bus }, 'b');
  await assert.rejects(bucket.ensure({}), none);
  await assert.rejects(bucket.get('k'), none);
  await assert.rejects(bucket.put('k', 'v'), none);
  await assert.rejects(streamsCapturing(bus, 's.>'), none);
}

test('a server without JetStream says so in a sentence', real, async (t) => {
  const server = await natsServerFor(t);
  const bus = await connect({ servers: [server.url] });
  t.after(() => bus.close());
  await refusesInWords(bus);
});

test('so do the development broker and the in-memory bus', async (t) => {
  const broker = await startBroker();
  t.after(() => broker.close());
  const bus = await connect({ servers: [broker.url] });
  t.after(() => bus.close());
  await refusesInWords(bus);
  const memory = createMemoryBus();
  t.after(() => memory.close());
  await refusesInWords(await memory.connect());
});

test('a user who may not is told what is forbidden', real, async (t) => {
  const users = [
    { user: 'all', password: 'a' },
    {
      user: 'reader',
      password: 'r',
      permissions: {
        publish: { allow: ['$JS.API.STREAM.INFO.>', '$JS.API.CONSUMER.>', '_INBOX.>'] },
        subscribe: { allow: ['_INBOX.>'] },
      },
    },
  ];
  const server = await natsServerFor(t, { config: `${CONFIG}\nauthorization { users = ${JSON.stringify(users)} }` });
  const open = async (user: string, password: string): Promise<Transport> => {
    const bus = await connect({ servers: [server.url], auth: { user, password } });
    t.after(() => bus.close());
    return bus;
  };
  const writer = await openStream({ home: 'jetstream', bus: await open('all', 'a') }, 'S');
  await writer.ensure({ subjects: ['s.>'] });
  await writer.append('1', { subject: 's.a' });
  const reader = await openStream({ home: 'jetstream', bus: await open('reader', 'r') }, 'S');
  assert.deepEqual(await readNow(reader), ['1']);
  await assert.rejects(reader.append('2', { subject: 's.a' }), { code: 'permission_denied' });
  await assert.rejects(reader.purge(), { code: 'permission_denied' });
});

test('a stream that takes without a word is told, and speaks after a change', real, async (t) => {
  const { bus } = await running(t);
  const config = { name: 'S', subjects: ['s.>'], retention: 'limits', storage: 'file', discard: 'new', no_ack: true };
  await bus.request('$JS.API.STREAM.CREATE.S', JSON.stringify({ ...config, num_replicas: 1 }), { timeoutMs: 5000 });
  const stream = await openStream({ home: 'jetstream', bus }, 'S');
  const differences = [
    { what: 'discard', is: 'new', wanted: 'old' },
    { what: 'confirms', is: 'no', wanted: 'yes' },
  ];
  assert.deepEqual(await stream.ensure({}), { made: false, differences, changed: false });
  assert.deepEqual(await stream.ensure({}, { change: true }), { made: false, differences, changed: true });
  assert.deepEqual(await stream.ensure({}), { made: false, differences: [], changed: false });
  assert.deepEqual(await stream.append('1', { subject: 's.a' }), { seq: 1, duplicate: false });
});

test('what is put in step stands where it was published', real, async (t) => {
  const { bus } = await running(t);
  const bucket = await openBucket({ home: 'jetstream', bus }, 'b');
  await bucket.ensure({});
  for (let n = 1; n <= 100; n += 1) bucket.putInStep?.('place', String(n));
  await bus.flush();
  // The server takes it in behind the pong.
  while (Buffer.from((await bucket.get('place'))?.value ?? []).toString() !== '100') await bus.flush();
  assert.equal((await bucket.get('place'))?.revision, 100);
  assert.throws(() => bucket.putInStep?.('no key', 'x'), { code: 'input_invalid' });
});

test('a stream captures its subjects though no process of ours runs', real, async (t) => {
  const { bus } = await running(t);
  const stream = await openStream({ home: 'jetstream', bus }, 'S');
  await stream.ensure({ subjects: ['s.>'] });
  bus.publish('s.from.anybody', 'heard', { headers: { Trace: 'ab' } });
  await bus.flush();
  const entry = await iterate(stream.read()).next();
  assert.ok(!entry.done && entry.value.kind === 'kept');
  assert.deepEqual([entry.value.subject, { ...entry.value.headers }], ['s.from.anybody', { Trace: 'ab' }]);
  assert.deepEqual(await streamsCapturing(bus, 's.from.*'), ['S']);
  assert.deepEqual(await streamsCapturing(bus, 'other'), []);
  await stream.close();
});

test('two streams cannot take the same subject, and the server says so', real, async (t) => {
  const { bus } = await running(t);
  await (await openStream({ home: 'jetstream', bus }, 'S')).ensure({ subjects: ['s.>'] });
  await assert.rejects((await openStream({ home: 'jetstream', bus }, 'T')).ensure({ subjects: ['s.a'] }), {
    code: 'store_failed',
    message: /the server refused: subjects overlap/,
  });
  // What another stream takes is not appended to it by mistake.
  const other = await openStream({ home: 'jetstream', bus }, 'U');
  await other.ensure({ subjects: ['u'] });
  await assert.rejects(other.append('x', { subject: 's.a' }), { code: 'input_invalid', message: /takes u, not "s.a"/ });
});

test('where it is kept can be said, and is compared', real, async (t) => {
  const { bus } = await running(t);
  const stream = await openStream({ home: 'jetstream', bus, storage: 'memory', replicas: 1 }, 'S');
  assert.deepEqual(await stream.ensure({ subjects: ['s'] }), { made: true, differences: [], changed: false });
  const onDisk = await openStream({ home: 'jetstream', bus, storage: 'file' }, 'S');
  assert.deepEqual((await onDisk.ensure({})).differences, [{ what: 'storage', is: 'memory', wanted: 'file' }]);
  await assert.rejects(onDisk.ensure({}, { change: true }), { code: 'store_failed', message: /the server refused/ });
});

test('nothing of a reading stays on the server', real, async (t) => {
  const { bus } = await running(t);
  const stream = await openStream({ home: 'jetstream', bus }, 'S');
  await stream.ensure({ subjects: ['s.>'] });
  const bucket = await openBucket({ home: 'jetstream', bus }, 'b');
  await bucket.ensure({});
  for (let n = 1; n <= 20; n += 1) await stream.append(String(n), { subject: n % 2 === 0 ? 's.a' : 's.b' });
  await bucket.put('k', 'v');
  await readNow(stream);
  await readNow(stream, { from: { last: 3 }, subject: 's.a' });
  const stop = new AbortController();
  const following = iterate(stream.read({ signal: stop.signal }));
  await take(following, 20);
  stop.abort();
  const closed = stream.read();
  await closed.ready();
  await closed.close();
  await bucket.keys();
  for await (const { kind } of bucket.watch()) if (kind === 'current') break;
  for (const name of ['S', 'KV_b']) {
    const answer = await bus.request(`$JS.API.CONSUMER.NAMES.${name}`, '', { timeoutMs: 5000 });
    assert.equal((JSON.parse(Buffer.from(answer.data).toString()) as { total: number }).total, 0, name);
  }
});

test('a name that could be more than a name is refused', async () => {
  const bus = await createMemoryBus().connect();
  for (const name of ['', 'a.b', 'a b', '../a', '*', 'x'.repeat(129)]) {
    await assert.rejects(openStream({ home: 'jetstream', bus }, name), { code: 'input_invalid' });
    await assert.rejects(openBucket({ home: 'directory', path: '/nowhere' }, name), { code: 'input_invalid' });
  }
  await bus.close();
});

async function running(t: TestContext): Promise<{ bus: Transport }> {
  const server = await natsServerFor(t, { config: CONFIG });
  const bus = await connect({ servers: [server.url], reconnect: true });
  t.after(() => bus.close());
  return { bus };
}
