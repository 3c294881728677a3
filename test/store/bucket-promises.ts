import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Bucket, BucketChange } from '../../src/store/bucket.ts';
import type { StoreHome } from './home.ts';

/** Values, revisions, lifetimes, news. */
export function bucketPromises(home: StoreHome): void {
  test('a bucket is not there before it was ensured', async (t) => {
    const bucket = await (await home.start(t)).bucket('b');
    const none = { code: 'no_match', message: /no bucket "b"/ };
    await assert.rejects(bucket.get('k'), none);
    await assert.rejects(bucket.put('k', 'v'), none);
    await assert.rejects(bucket.create('k', 'v'), none);
    await assert.rejects(bucket.keys(), none);
    await assert.rejects(changes(bucket.watch(), 1), none);
  });

  test('a bucket is made once, its differences are told, and changed only when asked to', async (t) => {
    const bucket = await (await home.start(t)).bucket('b');
    assert.deepEqual(await bucket.ensure({ ttlMs: 60_000, maxValueBytes: 4096 }), {
      made: true,
      differences: [],
      changed: false,
    });
    assert.deepEqual((await bucket.ensure({ ttlMs: 60_000 })).differences, []);
    const differences = [{ what: 'ttlMs', is: 60_000, wanted: 30_000 }];
    assert.deepEqual(await bucket.ensure({ ttlMs: 30_000 }), { made: false, differences, changed: false });
    assert.deepEqual(await bucket.ensure({ ttlMs: 30_000 }, { change: true }), {
      made: false,
      differences,
      changed: true,
    });
    assert.deepEqual((await bucket.ensure({ ttlMs: 30_000, maxValueBytes: 4096 })).differences, []);
  });

  test('values come back as they were, with revisions that grow', async (t) => {
    const bucket = await made(home, t);
    assert.equal(await bucket.get('k'), undefined);
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const first = await bucket.put('k', bytes);
    const second = await bucket.put('other', '');
    const third = await bucket.put('k', 'grüße');
    assert.ok(first > 0 && second > first && third > second);
    const entry = await bucket.get('k');
    assert.ok(entry !== undefined);
    assert.deepEqual([entry.key, text(entry), entry.revision], ['k', 'grüße', third]);
    assert.ok(Math.abs(entry.at - Date.now()) < 5000);
    assert.equal((await bucket.get('other'))?.value.length, 0);
    await bucket.put('k', bytes);
    assert.deepEqual(Uint8Array.from((await bucket.get('k'))?.value ?? []), bytes);
  });

  test('create is for what is not there, and only one of many succeeds', async (t) => {
    const bucket = await made(home, t);
    const answers = await Promise.all(Array.from({ length: 30 }, (_, index) => bucket.create('k', String(index))));
    const won = answers.filter((answer) => answer !== 'exists');
    assert.equal(won.length, 1);
    const entry = await bucket.get('k');
    assert.equal(entry?.revision, won[0]);
    assert.equal(text(entry), String(answers.indexOf(won[0] ?? 'exists')));
    assert.equal(await bucket.create('k', 'x'), 'exists');
    assert.equal(await bucket.delete('k'), 'deleted');
    assert.equal(await bucket.get('k'), undefined);
    assert.equal(typeof (await bucket.create('k', 'again')), 'number');
    assert.equal(text(await bucket.get('k')), 'again');
  });

  test('update is for what is still as it was, and only one of many succeeds', async (t) => {
    const bucket = await made(home, t);
    const revision = await bucket.put('k', 'zero');
    const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => bucket.update('k', String(n), revision)));
    const won = answers.filter((answer) => answer !== 'changed');
    assert.equal(won.length, 1);
    assert.equal(text(await bucket.get('k')), String(answers.indexOf(won[0] ?? 'changed')));
    assert.equal(await bucket.update('none', 'x', revision), 'changed');
    assert.equal(await bucket.update('k', 'x', 0), 'changed');
    await bucket.delete('k');
    assert.equal(await bucket.update('k', 'x', won[0] ?? 0), 'changed');
  });

  test('delete may ask for a revision, too', async (t) => {
    const bucket = await made(home, t);
    const first = await bucket.put('k', 'one');
    const second = await bucket.put('k', 'two');
    assert.equal(await bucket.delete('k', { revision: first }), 'changed');
    assert.equal(text(await bucket.get('k')), 'two');
    assert.equal(await bucket.delete('k', { revision: second }), 'deleted');
    assert.equal(await bucket.get('k'), undefined);
    assert.equal(await bucket.delete('never.there'), 'deleted');
  });

  test('a value ends with the lifetime of the bucket, and may be created again', async (t) => {
    const bucket = await made(home, t, { ttlMs: 500 });
    let seen: string | undefined;
    // A machine that slept over the lifetime has shown nothing.
    for (let tries = 0, slept = true; slept && tries < 20; tries++) {
      await bucket.put('k', 'one');
      await pause(300);
      const written = performance.now();
      await bucket.put('k', 'two');
      await pause(250);
      seen = text(await bucket.get('k'));
      slept = performance.now() - written >= 500;
    }
    assert.equal(seen, 'two', 'counted from the last write');
    await bucket.put('other', 'x');
    await pause(900);
    assert.equal(await bucket.get('k'), undefined);
    assert.deepEqual(await bucket.keys(), []);
    assert.equal(typeof (await bucket.create('k', 'three')), 'number');
    assert.equal(text(await bucket.get('k')), 'three');
  });

  test('keys: all of the NATS grammar and nothing else', async (t) => {
    const bucket = await made(home, t);
    const keys = [
      'a',
      'A-b_c=d/e',
      'req.01J9.x',
      '1.2.3',
      '__proto__',
      'constructor.prototype',
      `long.${'x'.repeat(200)}`,
    ];
    for (const key of keys) assert.equal(typeof (await bucket.create(key, key)), 'number', key);
    for (const key of keys) assert.equal(text(await bucket.get(key)), key);
    assert.deepEqual(await bucket.keys(), [...keys].sort());
    assert.deepEqual(await bucket.keys('req.>'), ['req.01J9.x']);
    assert.deepEqual(await bucket.keys('*.2.*'), ['1.2.3']);
    assert.deepEqual(await bucket.keys('none.>'), []);
    await bucket.delete('a');
    assert.ok(!(await bucket.keys()).includes('a'));
    for (const key of ['', '.a', 'a.', 'a..b', 'a b', 'a*', '>', 'ü', 'a\nb', '../a', 'x'.repeat(1025)]) {
      await assert.rejects(bucket.put(key, 'x'), { code: 'input_invalid' }, JSON.stringify(key));
      await assert.rejects(bucket.get(key), { code: 'input_invalid' }, JSON.stringify(key));
    }
    await assert.rejects(bucket.keys('a..b'), { code: 'input_invalid' });
  });

  test('what is too large, and what a full bucket cannot hold, is refused', async (t) => {
    const bucket = await made(home, t, { maxValueBytes: 1000, maxBytes: 20_000 });
    await assert.rejects(bucket.put('k', Buffer.alloc(5000)), { code: 'payload_too_large' });
    const fill = async (): Promise<void> => {
      for (let n = 0; n < 40; n += 1) await bucket.put(`k.${n}`, Buffer.alloc(900));
    };
    await assert.rejects(fill(), { code: 'store_failed' });
    const kept = (await bucket.keys()).length;
    assert.ok(kept > 10 && kept < 30, `${kept} fit`);
    assert.equal((await bucket.get('k.0'))?.value.length, 900, 'nothing was evicted');
  });

  test('a bucket that was destroyed is not there, and can be made again', async (t) => {
    const bucket = await made(home, t, {});
    await bucket.put('a', '1');
    await bucket.destroy();
    await assert.rejects(bucket.get('a'), { code: 'no_match', message: /no bucket/ });
    await assert.rejects(bucket.put('a', '1'), { code: 'no_match' });
    await bucket.destroy();
    assert.equal((await bucket.ensure({})).made, true);
    assert.deepEqual(await bucket.keys(), []);
    assert.equal(await bucket.create('a', '2'), 1);
  });

  test('a watch tells what is there, then what changes', async (t) => {
    const bucket = await made(home, t);
    await bucket.put('a.1', 'one');
    await bucket.put('b.1', 'other');
    await bucket.put('a.2', 'two');
    await bucket.put('a.3', 'gone');
    await bucket.delete('a.3');
    const stop = new AbortController();
    const watch = bucket.watch({ pattern: 'a.*', signal: stop.signal });
    const iterator = watch[Symbol.asyncIterator]();
    assert.deepEqual((await changes(watch, 3, iterator)).sort(), ['current', 'put a.1 one', 'put a.2 two']);
    const next = changes(watch, 3, iterator);
    await pause(50);
    await bucket.put('b.1', 'not for it');
    await bucket.put('a.4', 'four');
    await pause(150);
    await bucket.delete('a.1');
    await pause(150);
    await bucket.put('a.1', 'again');
    assert.deepEqual(await next, ['put a.4 four', 'deleted a.1', 'put a.1 again']);
    const end = iterator.next();
    stop.abort();
    assert.equal((await end).done, true);
  });

  test('a watch of an empty bucket is current at once, and ends with the bucket', async (t) => {
    const bucket = await made(home, t);
    const watch = bucket.watch();
    const iterator = watch[Symbol.asyncIterator]();
    assert.deepEqual(await changes(watch, 1, iterator), ['current']);
    const end = iterator.next();
    await pause(20);
    await bucket.close();
    assert.equal((await end).done, true);
    await assert.rejects(bucket.get('k'), { code: 'store_failed' });
    await assert.rejects(bucket.put('k', 'v'), { code: 'store_failed' });
  });

  test('thousands of writes side by side are all there', async (t) => {
    const bucket = await made(home, t);
    const total = 3000;
    await Promise.all(Array.from({ length: total }, (_, n) => bucket.put(`k.${n % 1000}`, String(n))));
    assert.equal((await bucket.keys()).length, 1000);
    for (const n of [0, 1, 500, 999]) assert.equal(text(await bucket.get(`k.${n}`)), String(n + 2000));
  });
}

async function changes(
  watch: AsyncIterable<BucketChange>,
  count: number,
  iterator: AsyncIterator<BucketChange> = watch[Symbol.asyncIterator](),
): Promise<string[]> {
  const told: string[] = [];
  while (told.length < count) {
    const { done, value } = await iterator.next();
    if (done) break;
    told.push(
      value.kind === 'current'
        ? 'current'
        : value.kind === 'put'
          ? `put ${value.key} ${text(value)}`
          : `deleted ${value.key}`,
    );
  }
  return told;
}

async function made(
  home: StoreHome,
  t: Parameters<StoreHome['start']>[0],
  limits: Parameters<Bucket['ensure']>[0] = {},
): Promise<Bucket> {
  const bucket = await (await home.start(t)).bucket('b');
  await bucket.ensure(limits);
  return bucket;
}

function text(entry: { readonly value: Uint8Array } | undefined): string {
  return Buffer.from(entry?.value ?? []).toString();
}
