import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeddleError, isHeddleError } from '../../../src/errors.ts';
import { openStream, streamsCapturing } from '../../../src/store/open.ts';
import { createFakeClock } from '../../../src/time/fake-clock.ts';
import { sleep } from '../../../src/time/wait.ts';
import { createMemoryBus } from '../../../src/transport/memory.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { noLeaks } from '../../helpers/leaks.ts';

noLeaks();

/** A server with JetStream in a cluster that is silent for so long, as while it chooses a leader. */
async function silentFor(ms: number, jetstream = true) {
  const clock = createFakeClock();
  const memory = createMemoryBus();
  const plain = await memory.connect();
  let asked = 0;
  const request: Transport['request'] = async (subject, _data, { timeoutMs }) => {
    asked += 1;
    if (clock.elapsed() < ms) {
      await sleep(clock, timeoutMs);
      throw new HeddleError('timeout', `no answer on ${subject}`);
    }
    const data = subject.endsWith('NAMES')
      ? { total: 1, offset: 0, limit: 10, streams: ['S'] }
      : { config: { name: 'S', subjects: ['s'], max_age: 0 }, state: { messages: 2, first_seq: 1, last_seq: 2 } };
    return { subject, data: Buffer.from(JSON.stringify(data)) };
  };
  const bus = new Proxy(plain, {
    get: (target, name) => {
      if (name === 'request') return request;
      if (name === 'info') return { ...target.info, jetstream };
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { bus, clock, asked: () => asked, end: () => memory.close() };
}

/** What it came to, and after how long. */
async function inTime<T>(clock: ReturnType<typeof createFakeClock>, work: Promise<T>): Promise<T | HeddleError> {
  let result: T | HeddleError | undefined;
  work.then(
    (value) => {
      result = value;
    },
    (error: unknown) => {
      assert.ok(isHeddleError(error));
      result = error;
    },
  );
  for (let passed = 0; result === undefined && passed < 60_000; passed += 250) await clock.advance(250);
  assert.ok(result !== undefined, 'it waits for ever');
  return result;
}

test('a cluster that is choosing a leader is asked again', async () => {
  const { bus, clock, end } = await silentFor(8000);
  const stream = await openStream({ home: 'jetstream', bus, clock }, 'S');
  const info = await inTime(clock, stream.info());
  assert.equal(!isHeddleError(info) && info.last, 2);
  assert.deepEqual(await inTime(clock, streamsCapturing(bus, 's', clock)), ['S']);
  await stream.close();
  await end();
});

test('a cluster that swallowed the question for a new stream is asked again', async () => {
  const { bus: answering, clock, end } = await silentFor(0);
  const asked: string[] = [];
  const request: Transport['request'] = async (subject, data, options) => {
    const about = subject.replace('$JS.API.STREAM.', '');
    asked.push(about);
    if (about === 'CREATE.S' && asked.filter((each) => each === about).length === 1) {
      await sleep(clock, options.timeoutMs);
      throw new HeddleError('timeout', `no answer on ${subject}`);
    }
    if (about !== 'INFO.S') return await answering.request(subject, data, options);
    const error = { code: 404, err_code: 10059, description: 'stream not found' };
    return { subject, data: Buffer.from(JSON.stringify({ error })) };
  };
  const bus = new Proxy(answering, {
    get: (target, name) => (name === 'request' ? request : Reflect.get(target, name, target)),
  });
  const stream = await openStream({ home: 'jetstream', bus, clock }, 'S');
  const ensured = await inTime(clock, stream.ensure({ subjects: ['s'] }));
  assert.equal(!isHeddleError(ensured) && ensured.made, true);
  assert.deepEqual(asked, ['INFO.S', 'CREATE.S', 'CREATE.S']);
  await stream.close();
  await end();
});

test('over a connection that was closed meanwhile nobody is asked again', async () => {
  const { bus, clock, asked, end } = await silentFor(Number.POSITIVE_INFINITY);
  const stream = await openStream({ home: 'jetstream', bus, clock }, 'S');
  const info = inTime(clock, stream.info());
  await bus.close();
  assert.ok(isHeddleError(await info));
  const before = asked();
  await clock.advance(60_000);
  assert.equal(asked(), before);
  assert.ok(before <= 2, `asked ${before} times`);
  await end();
});

test('when that lasts, it is said, and not that there is no JetStream', async () => {
  const { bus, clock, asked, end } = await silentFor(Number.POSITIVE_INFINITY);
  const stream = await openStream({ home: 'jetstream', bus, clock }, 'S');
  const failed = await inTime(clock, stream.info());
  assert.ok(isHeddleError(failed));
  assert.deepEqual([failed.code, failed.retryable], ['store_failed', true]);
  assert.match(failed.message, /did not answer for its streams \(\$JS\.API\.STREAM\.INFO\.S\)/);
  assert.match(failed.hint ?? '', /may be choosing a leader/);
  assert.ok(clock.elapsed() <= 16_000 && asked() <= 3, 'bounded');
  const before = asked();
  assert.ok(isHeddleError(await inTime(clock, streamsCapturing(bus, 's'))));
  assert.equal(asked(), before + 1, 'without a clock it is asked once');
  await stream.close();
  await end();
});

test('a server that says it has none, and is silent because somebody listens to everything, has none', async () => {
  const { bus, clock, end } = await silentFor(Number.POSITIVE_INFINITY, false);
  const stream = await openStream({ home: 'jetstream', bus, clock }, 'S');
  const failed = await inTime(clock, stream.info());
  assert.ok(isHeddleError(failed) && failed.code === 'no_match');
  assert.match(failed.message, /JetStream is not enabled/);
  assert.ok(clock.elapsed() < 6000, 'nobody waits for what is not there');
  await stream.close();
  await end();
});
