import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isHeddleError } from '../../src/errors.ts';
import { catchUp, Overlap } from '../../src/tail/catch-up.ts';
import { follow } from '../../src/tail/follow.ts';
import { openHistory } from '../../src/tail/history.ts';
import { Tail } from '../../src/tail/tail.ts';
import { connect } from '../../src/transport/nats.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { FakeOutput, result } from './fake.ts';

noLeaks();
const skip = { skip: skipWithoutNatsServer() };
const PATTERNS = ['heddle.results.*', 'heddle.tasks.dead_letter'];

async function makeStream(transport: Transport, name: string, subjects: readonly string[]): Promise<void> {
  const config = JSON.stringify({ name, subjects, storage: 'memory' });
  const answer = await transport.request(`$JS.API.STREAM.CREATE.${name}`, config, { timeoutMs: 5000 });
  assert.ok(!Buffer.from(answer.data).toString().includes('"error"'), Buffer.from(answer.data).toString());
}

async function consumersOf(transport: Transport, stream: string): Promise<number> {
  const answer = await transport.request(`$JS.API.CONSUMER.NAMES.${stream}`, '', { timeoutMs: 5000 });
  return (JSON.parse(Buffer.from(answer.data).toString()) as { total: number }).total;
}

async function read(transport: Transport, from: { since: number } | { last: number }, patterns = PATTERNS) {
  const history = await openHistory(transport, { patterns, from });
  const numbers: number[] = [];
  for await (const { data } of history.messages()) numbers.push(JSON.parse(Buffer.from(data).toString()).n);
  await history.close();
  return { numbers, history };
}

test('the past of a stream', skip, async (t) => {
  const server = await natsServerFor(t, { config: 'jetstream { store_dir: "FOLDER" }' });
  const transport = await connect({ servers: [server.url] });
  t.after(() => transport.close());

  const none = (error: unknown): boolean =>
    isHeddleError(error) && error.code === 'no_match' && /no JetStream stream captures it/.test(error.message);
  await assert.rejects(openHistory(transport, { patterns: PATTERNS, from: { last: 5 } }), none);

  await makeStream(transport, 'RESULTS', ['heddle.results.*', 'heddle.noise']);
  await makeStream(transport, 'DEAD', ['heddle.tasks.dead_letter']);
  for (let n = 0; n < 600; n += 1) {
    const dead = n % 10 === 9;
    transport.publish(
      dead ? PATTERNS[1]! : 'heddle.results.default',
      dead ? `{"reason":"x","original_task":{},"n":${n}}` : result({ n }),
    );
    // Streams take messages each in their own time; the order between them is that of their clocks.
    if (dead || n % 10 === 8) await transport.flush();
    if (n % 3 === 0) transport.publish('heddle.noise', 'x');
  }
  await transport.flush();

  await t.test('since a time: all of it, in order, over both streams', async () => {
    const { numbers } = await read(transport, { since: Date.now() - 60_000 });
    assert.deepEqual(
      [...numbers].sort((a, b) => a - b),
      Array.from({ length: 600 }, (_, n) => n),
    );
    const results = numbers.filter((n) => n % 10 !== 9);
    assert.deepEqual(
      results,
      [...results].sort((a, b) => a - b),
    );
    assert.deepEqual((await read(transport, { since: Date.now() + 60_000 })).numbers, []);
  });

  await t.test('the last so many of a pattern, whatever else the stream keeps', async () => {
    const one = ['heddle.results.*'];
    assert.deepEqual((await read(transport, { last: 3 }, one)).numbers, [596, 597, 598]);
    assert.equal((await read(transport, { last: 300 }, one)).numbers[0], 266);
    assert.equal((await read(transport, { last: 100_000 }, one)).numbers.length, 540);
    assert.equal((await read(transport, { last: 20 })).numbers.length, 20);
  });

  await t.test('nothing is left on the server', async () => {
    assert.deepEqual([await consumersOf(transport, 'RESULTS'), await consumersOf(transport, 'DEAD')], [0, 0]);
  });

  await t.test('a pattern without a stream is named', async () => {
    const { history } = await read(transport, { last: 1 }, ['heddle.goals.>', 'heddle.results.*']);
    assert.deepEqual([history.uncaptured, history.streams], [['heddle.goals.>'], ['RESULTS']]);
  });

  await t.test('from the past into the present, each message once', async () => {
    const output = new FakeOutput();
    const tail = new Tail({ output });
    const overlap = new Overlap();
    tail.pause();
    const alsoSee = (subject: string, data: Uint8Array): void => overlap.saw(subject, data);
    const live = await follow(transport, tail, {
      patterns: ['heddle.results.*'],
      pingIntervalMs: 10_000,
      alsoSee,
    });
    tail.start();
    // In the stream and live: between the subscription and the reading of the past.
    for (const n of [600, 601, 601]) transport.publish('heddle.results.default', result({ n }));
    await transport.flush();
    const history = await openHistory(transport, { patterns: ['heddle.results.*'], from: { last: 6 } });
    overlap.pastIsFound();
    transport.publish('heddle.results.default', result({ n: 602 }));
    await transport.flush();
    await catchUp(history, tail, overlap);
    await history.close();
    tail.resume();
    tail.stop('for');
    await tail.done;
    live.stop();
    assert.deepEqual(
      output.texts.map((text) => JSON.parse(text).n),
      [596, 597, 598, 600, 601, 601, 602],
    );
  });
});

test('a server without JetStream says so in a sentence', skip, async (t) => {
  const server = await natsServerFor(t);
  const transport = await connect({ servers: [server.url] });
  t.after(() => transport.close());
  await assert.rejects(
    openHistory(transport, { patterns: PATTERNS, from: { last: 5 } }),
    (error) => isHeddleError(error) && error.code === 'no_match' && /JetStream is not enabled/.test(error.message),
  );
});

test('what goes wrong is said as one who wants to see the past reads it', skip, async (t) => {
  const without = await natsServerFor(t);
  const server = await natsServerFor(t, { config: 'jetstream { store_dir: "FOLDER" }' });
  const [none, bus] = [await connect({ servers: [without.url] }), await connect({ servers: [server.url] })];
  t.after(() => Promise.all([none.close(), bus.close()]).then(() => {}));
  await assert.rejects(openHistory(none, { patterns: PATTERNS, from: { last: 5 } }), {
    code: 'no_match',
    hint: 'Without it only what comes from now on can be shown. In nats-server: jetstream { store_dir: ... }, then a stream that captures the subjects.',
  });
  const limit = JSON.stringify({
    name: 'RESULTS',
    subjects: ['heddle.results.*'],
    storage: 'memory',
    max_consumers: 1,
  });
  await bus.request('$JS.API.STREAM.CREATE.RESULTS', limit, { timeoutMs: 5000 });
  const taken = await openHistory(bus, { patterns: ['heddle.results.*'], from: { since: 0 } });
  await assert.rejects(openHistory(bus, { patterns: ['heddle.results.*'], from: { since: 0 } }), {
    code: 'input_unreadable',
    message: 'the server cannot give the past: maximum consumers limit reached ($JS.API.CONSUMER.CREATE.RESULTS)',
  });
  await taken.close();
});

test('a pattern may be wider than a stream, or meet some of its subjects', skip, async (t) => {
  const server = await natsServerFor(t, { config: 'jetstream { store_dir: "FOLDER" }' });
  const bus = await connect({ servers: [server.url] });
  t.after(() => bus.close());
  await makeStream(bus, 'RESULTS', ['heddle.results.a', 'heddle.goals.a']);
  for (let n = 0; n < 6; n += 1) bus.publish(n % 2 === 0 ? 'heddle.results.a' : 'heddle.goals.a', result({ n }));
  await bus.flush();
  const { numbers, history } = await read(bus, { since: 0 }, ['heddle.>']);
  assert.deepEqual([numbers, history.streams], [[0, 1, 2, 3, 4, 5], ['RESULTS']]);
  assert.deepEqual((await read(bus, { last: 2 }, ['heddle.results.*'])).numbers, [2, 4]);
});
