import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Stream } from '../../src/store/stream.ts';
import { assertAccounted, entriesNow, numbers, readNow } from './gather.ts';
import type { StoreHome } from './home.ts';

/** What is kept, for how long, and what is refused. */
export function streamPromises(home: StoreHome): void {
  test('nothing is there before it was ensured', async (t) => {
    const stream = await (await home.start(t)).stream('S');
    const none = { code: 'no_match', message: /no stream "S"/ };
    await assert.rejects(stream.append('x', { subject: 's' }), none);
    await assert.rejects(stream.info(), none);
    await assert.rejects(stream.purge(), none);
    await assert.rejects(readNow(stream), none);
  });

  test('ensure makes it once, tells what differs, and changes it only when asked to', async (t) => {
    const store = await home.start(t);
    const stream = await store.stream('S');
    const limits = { subjects: ['s.>'], maxMessages: 1000, maxAgeMs: 3_600_000 };
    assert.deepEqual(await stream.ensure(limits), { made: true, differences: [], changed: false });
    assert.deepEqual(await stream.ensure(limits), { made: false, differences: [], changed: false });
    assert.deepEqual(await stream.ensure({}), { made: false, differences: [], changed: false });
    const wanted = { subjects: ['s.>', 't'], maxMessages: 500, maxBytes: 1_000_000 };
    const differences = [
      { what: 'subjects', is: ['s.>'], wanted: ['s.>', 't'] },
      { what: 'maxMessages', is: 1000, wanted: 500 },
      { what: 'maxBytes', is: home.name === 'memory' ? 64 * 1024 * 1024 : undefined, wanted: 1_000_000 },
    ];
    assert.deepEqual(await stream.ensure(wanted), { made: false, differences, changed: false });
    assert.equal((await stream.info()).limits.maxMessages, 1000);
    assert.deepEqual(await stream.ensure(wanted, { change: true }), { made: false, differences, changed: true });
    const { limits: now } = await stream.info();
    assert.deepEqual([...(now.subjects ?? [])].sort(), ['s.>', 't']);
    assert.deepEqual([now.maxMessages, now.maxBytes, now.maxAgeMs], [500, 1_000_000, 3_600_000]);
    assert.deepEqual(await stream.ensure({ subjects: ['t', 's.>'] }), { made: false, differences: [], changed: false });
  });

  test('a message comes back as it was', async (t) => {
    const stream = await made(home, t);
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const payloads = [
      new Uint8Array(),
      bytes,
      Buffer.from('\r\nHEDDLE1\n+OK\r\n'),
      Buffer.alloc(200_000, 7),
      Buffer.from('grüße'),
    ];
    const began = Date.now();
    for (const [index, payload] of payloads.entries()) {
      assert.deepEqual(await stream.append(payload, { subject: 's.a' }), { seq: index + 1, duplicate: false });
    }
    const headers = { Trace: '00-ab', Empty: '' };
    await stream.append('last', { subject: 's.b.c', headers, id: 'the id: 1' });
    const told = await entriesNow(stream);
    assert.deepEqual(
      told.map((entry) => entry.kind === 'kept' && Uint8Array.from(entry.data)),
      [...payloads, Buffer.from('last')].map((each) => Uint8Array.from(each)),
    );
    const [first] = told;
    const last = told.at(-1);
    assert.ok(first?.kind === 'kept' && last?.kind === 'kept');
    assert.deepEqual([first.seq, first.subject, first.headers, first.id], [1, 's.a', undefined, undefined]);
    assert.deepEqual([last.seq, last.subject, { ...last.headers }, last.id], [6, 's.b.c', headers, 'the id: 1']);
    assert.ok(first.at >= began - 1000 && last.at <= Date.now() + 1000 && first.at <= last.at);
    assert.ok(Number.isInteger(first.at));
  });

  test('what the caller does to its buffer afterwards is of no matter', async (t) => {
    const stream = await made(home, t);
    const buffer = Buffer.from('before');
    const appending = stream.append(buffer, { subject: 's.a' });
    await appending;
    buffer.fill(0);
    assert.deepEqual(await readNow(stream), ['before']);
  });

  test('appends side by side are all kept, in the order of their calls', async (t) => {
    const stream = await made(home, t);
    const total = 500;
    const answers = await Promise.all(
      Array.from({ length: total }, (_, index) => stream.append(String(index), { subject: 's.a' })),
    );
    assert.deepEqual(
      answers.map(({ seq }) => seq),
      Array.from({ length: total }, (_, index) => index + 1),
    );
    assert.deepEqual(await readNow(stream), numbers(0, total - 1));
  });

  test('an id is kept once within its window, and the first answer is given again', async (t) => {
    const stream = await made(home, t, { subjects: ['s.>'], dedupeMs: 400 });
    await stream.append('before', { subject: 's.a' });
    assert.deepEqual(await stream.append('one', { subject: 's.a', id: 'x' }), { seq: 2, duplicate: false });
    await stream.append('two', { subject: 's.a' });
    assert.deepEqual(await stream.append('other data', { subject: 's.b', id: 'x' }), { seq: 2, duplicate: true });
    const together = await Promise.all(['a', 'b', 'c'].map((each) => stream.append(each, { subject: 's.a', id: 'y' })));
    assert.deepEqual(
      together.map(({ seq }) => seq),
      [4, 4, 4],
    );
    assert.equal(together.filter(({ duplicate }) => !duplicate).length, 1);
    await pause(900);
    const again = await stream.append('after', { subject: 's.a', id: 'x' });
    assert.deepEqual(again, { seq: 5, duplicate: false });
    assert.deepEqual(await readNow(stream), ['before', 'one', 'two', 'a', 'after']);
  });

  test('an id is remembered though its message is gone', async (t) => {
    const stream = await made(home, t);
    await stream.append('one', { subject: 's.a', id: 'x' });
    await stream.purge();
    assert.deepEqual(await stream.append('again', { subject: 's.a', id: 'x' }), { seq: 1, duplicate: true });
  });

  test('of too many the oldest go, and how many went is told', async (t) => {
    const stream = await made(home, t, { subjects: ['s.>'], maxMessages: 40 });
    for (let n = 1; n <= 100; n += 1) await stream.append(String(n), { subject: 's.a' });
    const { first, last, messages, evicted } = await stream.info();
    assert.equal(last, 100);
    assert.ok(messages <= 40 && messages >= 35, `${messages} are kept`);
    assert.deepEqual([first, evicted], [101 - messages, 100 - messages]);
    assert.deepEqual(await readNow(stream), numbers(first, 100));
    const fromOne = await readNow(stream, { from: { seq: 1 } });
    assert.deepEqual(fromOne, [`gap 1-${first - 1}`, ...numbers(first, 100)]);
    const filtered = await readNow(stream, { from: { seq: 1 }, subject: 's.a' });
    assert.deepEqual(filtered, fromOne);
  });

  test('too many bytes are never kept', async (t) => {
    const most = 64 * 1024;
    const stream = await made(home, t, { subjects: ['s.>'], maxBytes: most });
    const data = Buffer.alloc(1000, 'x');
    for (let n = 1; n <= 150; n += 1) {
      await stream.append(data, { subject: 's.a' });
      if (n % 10 === 0) assert.ok((await stream.info()).bytes <= most);
    }
    const { messages, last, evicted } = await stream.info();
    assert.equal(last, 150);
    assert.equal(evicted, 150 - messages);
    assert.ok(messages > 45 && messages < 66, `${messages} are kept`);
    assertAccounted(await entriesNow(stream, { from: { seq: 1 } }), 1, 150);
  });

  test('what is too old goes, and counting goes on', async (t) => {
    const stream = await made(home, t, { subjects: ['s.>'], maxAgeMs: 300 });
    for (let n = 1; n <= 5; n += 1) await stream.append(String(n), { subject: 's.a' });
    assert.equal((await stream.info()).messages, 5);
    await pause(1200);
    const { first, last, messages, evicted } = await stream.info();
    assert.deepEqual([first, last, messages, evicted], [6, 5, 0, 5]);
    assert.deepEqual(await readNow(stream), []);
    assert.deepEqual(await stream.append('6', { subject: 's.a' }), { seq: 6, duplicate: false });
    assert.deepEqual(await readNow(stream, { from: { seq: 4 } }), ['gap 4-5', '6']);
  });

  test('a purge removes what was chosen, and what went is seen', async (t) => {
    const stream = await made(home, t);
    for (let n = 1; n <= 10; n += 1) await stream.append(String(n), { subject: n % 2 === 0 ? 's.even' : 's.odd' });
    assert.equal(await stream.purge({ before: 3 }), 2);
    assert.equal(await stream.purge({ subject: 's.even' }), 4);
    assert.deepEqual(await readNow(stream), ['3', 'gap 4-4', '5', 'gap 6-6', '7', 'gap 8-8', '9', 'gap 10-10']);
    assert.deepEqual(await readNow(stream, { subject: 's.odd' }), ['3', '5', '7', '9']);
    assert.equal(await stream.purge({ subject: 's.odd', before: 7 }), 2);
    const { first, last, messages, evicted } = await stream.info();
    assert.deepEqual([first, last, messages, evicted], [7, 10, 2, 8]);
    assert.equal(await stream.purge({ subject: 's.none' }), 0);
    assert.equal(await stream.purge({ before: 1 }), 0);
    assert.equal(await stream.purge(), 2);
    assert.deepEqual(await readNow(stream), []);
    assert.deepEqual(await readNow(stream, { from: { seq: 8 } }), ['gap 8-10']);
    assert.equal((await stream.append('11', { subject: 's.odd' })).seq, 11);
    const info = await stream.info();
    assert.deepEqual([info.first, info.last, info.messages, info.evicted], [11, 11, 1, 10]);
  });

  test('single messages are removed, and the others keep their places', async (t) => {
    const stream = await made(home, t);
    for (let n = 1; n <= 9; n += 1) await stream.append(String(n), { subject: 's.a' });
    assert.equal(await stream.remove([]), 0);
    assert.equal(await stream.remove([2, 5, 6, 9]), 4);
    assert.equal(await stream.remove([5, 77]), 0);
    assert.deepEqual(await readNow(stream), ['1', 'gap 2-2', '3', '4', 'gap 5-6', '7', '8', 'gap 9-9']);
    const { first, last, messages, evicted } = await stream.info();
    assert.deepEqual([first, last, messages, evicted], [1, 9, 5, 4]);
    assert.equal((await stream.append('10', { subject: 's.a' })).seq, 10);
  });

  test('when the first that is kept came is told', async (t) => {
    const stream = await made(home, t);
    assert.equal((await stream.info()).firstAt, undefined);
    const began = Date.now();
    for (let n = 1; n <= 3; n += 1) await stream.append(String(n), { subject: 's.a' });
    const [first] = await entriesNow(stream);
    assert.ok(first?.kind === 'kept' && first.at >= began - 1000);
    assert.equal((await stream.info()).firstAt, first.at);
  });

  test('a stream that was destroyed is not there, and can be made again', async (t) => {
    const store = await home.start(t);
    const stream = await store.stream('S');
    await stream.destroy();
    await stream.ensure({ subjects: ['s.>'] });
    await stream.append('one', { subject: 's.a' });
    await stream.destroy();
    await assert.rejects(stream.info(), { code: 'no_match', message: /no stream "S"/ });
    await assert.rejects(stream.append('two', { subject: 's.a' }), { code: 'no_match' });
    assert.equal((await stream.ensure({ subjects: ['s.>'] })).made, true);
    assert.deepEqual(await stream.append('three', { subject: 's.a' }), { seq: 1, duplicate: false });
    assert.deepEqual(await readNow(stream), ['three']);
  });

  test('what cannot be kept is refused in words, before it is sent', async (t) => {
    const stream = await made(home, t);
    const wrong = { code: 'input_invalid' };
    for (const id of ['', ' x', 'x ', 'a\nb', 'x'.repeat(513)]) {
      await assert.rejects(stream.append('x', { subject: 's.a', id }), wrong, JSON.stringify(id.slice(0, 9)));
    }
    await assert.rejects(stream.append('x', { subject: 's.a', headers: { a: 'b\r\nc' } }), wrong);
    await assert.rejects(stream.append('x', { subject: 's.*' }), { code: 'subject_invalid' });
    await assert.rejects(stream.append('x', { subject: 'other' }), { code: 'input_invalid', message: /takes s\.>/ });
    await assert.rejects(stream.append('x'), { code: 'input_invalid', message: /no subject was given/ });
    await assert.rejects(stream.ensure({ maxMessages: 0 }), wrong);
    await assert.rejects(stream.ensure({ maxAgeMs: 1.5 }), wrong);
    await assert.rejects(stream.ensure({ subjects: [] }), wrong);
    await assert.rejects(stream.ensure({ subjects: ['a b'] }), { code: 'subject_invalid' });
    await assert.rejects(stream.purge({ subject: 'a..b' }), { code: 'subject_invalid' });
    assert.throws(() => stream.read({ subject: 'a..b' }), { code: 'subject_invalid' });
    assert.equal((await stream.info()).last, 0);
  });

  test('where there is one subject it need not be said', async (t) => {
    const stream = await made(home, t, { subjects: ['only.one'] });
    await stream.append('x');
    const [entry] = await entriesNow(stream);
    assert.ok(entry?.kind === 'kept');
    assert.equal(entry.subject, 'only.one');
  });

  test('a message larger than all the stream may hold is refused', async (t) => {
    const stream = await made(home, t, { subjects: ['s.>'], maxBytes: 20_000 });
    await stream.append('small', { subject: 's.a' });
    // The server lets it in and at once out again.
    if (home.name.startsWith('nats-server')) return;
    await assert.rejects(stream.append(Buffer.alloc(30_000), { subject: 's.a' }), { code: 'payload_too_large' });
    assert.deepEqual(await readNow(stream), ['small']);
  });

  test('after close it refuses', async (t) => {
    const stream = await made(home, t);
    await stream.append('x', { subject: 's.a' });
    await stream.close();
    await stream.close();
    const closed = { code: 'store_failed', message: /was closed/ };
    await assert.rejects(stream.append('x', { subject: 's.a' }), closed);
    await assert.rejects(stream.info(), closed);
    await assert.rejects(stream.ensure({}), closed);
  });
}

/** A stream of subjects below `s`. */
export async function made(
  home: StoreHome,
  t: Parameters<StoreHome['start']>[0],
  limits: Parameters<Stream['ensure']>[0] = { subjects: ['s.>'] },
): Promise<Stream> {
  const stream = await (await home.start(t)).stream('S');
  await stream.ensure(limits);
  return stream;
}
