import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Gap, Kept } from '../../src/store/stream.ts';
import { assertAccounted, entriesNow, iterate, numbers, readNow, shown, take } from './gather.ts';
import type { StoreHome } from './home.ts';
import { made } from './stream-promises.ts';

/** From where a reading begins, how it follows, how it ends. */
export function readingPromises(home: StoreHome): void {
  test('a reading begins where it was told to', async (t) => {
    const stream = await made(home, t);
    for (let n = 1; n <= 5; n += 1) await stream.append(String(n), { subject: 's.a' });
    await pause(30);
    const between = Date.now();
    await pause(30);
    for (let n = 6; n <= 10; n += 1) await stream.append(String(n), { subject: n === 8 ? 's.b' : 's.a' });
    assert.deepEqual(await readNow(stream), numbers(1, 10));
    assert.deepEqual(await readNow(stream, { from: 'all' }), numbers(1, 10));
    assert.deepEqual(await readNow(stream, { from: { seq: 4 } }), numbers(4, 10));
    assert.deepEqual(await readNow(stream, { from: { seq: 0 } }), numbers(1, 10));
    assert.deepEqual(await readNow(stream, { from: { seq: 11 } }), []);
    assert.deepEqual(await readNow(stream, { from: { time: between } }), numbers(6, 10));
    assert.deepEqual(await readNow(stream, { from: { time: 0 } }), numbers(1, 10));
    assert.deepEqual(await readNow(stream, { from: { time: Date.now() + 60_000 } }), []);
    assert.deepEqual(await readNow(stream, { from: 'new' }), []);
    assert.deepEqual(await readNow(stream, { from: { last: 3 } }), numbers(8, 10));
    assert.deepEqual(await readNow(stream, { from: { last: 100 } }), numbers(1, 10));
    assert.deepEqual(await readNow(stream, { from: { last: 1 }, subject: 's.b' }), ['8']);
    assert.deepEqual(await readNow(stream, { from: { last: 3 }, subject: 's.a' }), ['7', '9', '10']);
    assert.deepEqual(await readNow(stream, { subject: 's.*', from: { seq: 9 } }), ['9', '10']);
    assert.deepEqual(await readNow(stream, { subject: 's.none' }), []);
    assert.deepEqual(await readNow(stream, { subject: '>', from: { last: 2 } }), ['9', '10']);
    await assert.rejects(readNow(stream, { subject: 't' }), { code: 'input_invalid', message: /takes s\.>/ });
  });

  test('it says how many lie ahead', async (t) => {
    const stream = await made(home, t);
    const ahead = async (options: Parameters<typeof stream.read>[0]): Promise<number> => {
      const reading = stream.read({ ...options, until: 'now' });
      try {
        return await reading.ready();
      } finally {
        await reading.close();
      }
    };
    assert.equal(await ahead({}), 0);
    for (let n = 1; n <= 300; n += 1) void stream.append(String(n), { subject: n % 3 === 0 ? 's.b' : 's.a' });
    await stream.append('301', { subject: 's.a' });
    assert.equal(await ahead({}), 301);
    assert.equal(await ahead({ from: { seq: 300 } }), 2);
    assert.equal(await ahead({ subject: 's.b' }), 100);
    assert.equal(await ahead({ subject: 's.b', from: { last: 7 } }), 7);
    assert.equal(await ahead({ from: { time: 0 } }), 301);
    const reading = stream.read({ subject: 's.b', from: { last: 2 }, until: 'now' });
    assert.equal(await reading.ready(), 2);
    const told: string[] = [];
    for await (const entry of reading) told.push(shown(entry));
    assert.deepEqual(told, ['297', '300']);
  });

  test('until now is until then', async (t) => {
    const stream = await made(home, t);
    for (let n = 1; n <= 3; n += 1) await stream.append(String(n), { subject: 's.a' });
    const reading = stream.read({ until: 'now' });
    await reading.ready();
    await stream.append('4', { subject: 's.a' });
    const told: string[] = [];
    for await (const entry of reading) told.push(shown(entry));
    assert.deepEqual(told, ['1', '2', '3']);
  });

  test('it follows what comes, until it is aborted', async (t) => {
    const stream = await made(home, t);
    await stream.append('1', { subject: 's.a' });
    const stop = new AbortController();
    const all = iterate(stream.read({ signal: stop.signal }));
    const some = iterate(stream.read({ from: 'new', subject: 's.b', signal: stop.signal }));
    assert.deepEqual(await take(all, 1), ['1']);
    const waiting = take(some, 1);
    await pause(50);
    await stream.append('2', { subject: 's.a' });
    await stream.append('3', { subject: 's.b' });
    assert.deepEqual(await take(all, 2), ['2', '3']);
    assert.deepEqual(await waiting, ['3']);
    const ended = [all.next(), some.next()];
    await pause(20);
    stop.abort();
    assert.deepEqual(
      (await Promise.all(ended)).map(({ done }) => done),
      [true, true],
    );
    assert.deepEqual(await readNow(stream, { signal: stop.signal }), [], 'aborted before it began');
  });

  test('it ends when nobody goes on, when it is closed, and with its stream', async (t) => {
    const stream = await made(home, t);
    for (let n = 1; n <= 600; n += 1) void stream.append(String(n), { subject: 's.a' });
    await stream.append('601', { subject: 's.a' });
    for await (const entry of stream.read()) {
      assert.equal(shown(entry), '1');
      break;
    }
    const closed = stream.read({ from: { seq: 601 } });
    const it = iterate(closed);
    assert.deepEqual(await take(it, 1), ['601']);
    const next = it.next();
    await closed.close();
    assert.equal((await next).done, true);
    const left = iterate(stream.read({ from: 'new' }));
    const end = left.next();
    await pause(50);
    await stream.close();
    assert.equal((await end).done, true);
  });

  test('many readers see the same', async (t) => {
    const stream = await made(home, t);
    const total = 2000;
    const stop = new AbortController();
    const readers = Array.from({ length: 4 }, () => take(iterate(stream.read({ signal: stop.signal })), total));
    for (let n = 1; n <= total; n += 1) {
      const appended = stream.append(String(n), { subject: 's.a' });
      if (n % 100 === 0) await appended;
    }
    for (const told of await Promise.all(readers)) assert.deepEqual(told, numbers(1, total));
    stop.abort();
  });

  test('a reader that is overtaken is told what it missed', async (t) => {
    const stream = await made(home, t, { subjects: ['s.>'], maxMessages: 50 });
    for (let n = 1; n <= 10; n += 1) await stream.append(String(n), { subject: 's.a' });
    const stop = new AbortController();
    const told: (Kept | Gap)[] = [];
    for await (const entry of stream.read({ signal: stop.signal })) {
      told.push(entry);
      if (told.length === 5) {
        for (let n = 11; n <= 1500; n += 1) {
          const appended = stream.append(String(n), { subject: 's.a' });
          if (n % 50 === 0) await appended;
        }
      }
      if (entry.kind === 'kept' && entry.seq === 1500) stop.abort();
    }
    assertAccounted(told, 1, 1500);
    assert.ok(told.some(({ kind }) => kind === 'gap'));
  });

  test('and of some subjects, what was evicted before they were read', async (t) => {
    const stream = await made(home, t, { subjects: ['s.>'], maxMessages: 40 });
    await stream.append('1', { subject: 's.b' });
    const stop = new AbortController();
    const reading = iterate(stream.read({ subject: 's.b', signal: stop.signal }));
    assert.deepEqual(await take(reading, 1), ['1']);
    const told = take(reading, 1);
    await pause(50);
    await stream.append('2', { subject: 's.b' });
    assert.deepEqual(await told, ['2']);
    stop.abort();
    await reading.return?.();
    for (let n = 3; n <= 100; n += 1) await stream.append(String(n), { subject: n > 90 ? 's.b' : 's.a' });
    const { first } = await stream.info();
    const resumed = await entriesNow(stream, { from: { seq: 3 }, subject: 's.b' });
    assert.deepEqual(resumed[0], { kind: 'gap', from: 3, to: first - 1 });
    assert.deepEqual(resumed.slice(-10).map(shown), numbers(91, 100));
  });
}
