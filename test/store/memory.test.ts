import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openBucket, openStream } from '../../src/store/open.ts';
import { createFakeClock } from '../../src/time/fake-clock.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { keepsStorePromises } from './promises.ts';

noLeaks();

keepsStorePromises({
  name: 'memory',
  async start(t) {
    const closing = (thing: { close(): Promise<void> }): void => t.after(() => thing.close());
    return {
      async stream(name) {
        const stream = await openStream({ home: 'memory' }, name);
        closing(stream);
        return stream;
      },
      async bucket(name) {
        const bucket = await openBucket({ home: 'memory' }, name);
        closing(bucket);
        return bucket;
      },
    };
  },
});

test('what fades is whole until its time; then what is left of it stands under its revision, and counts for what it is', async (t) => {
  const clock = createFakeClock();
  const fading = { afterMs: 1_000, left: (value: Uint8Array | string) => String(value).slice(0, 1) };
  const bucket = await openBucket({ home: 'memory', clock, fading }, 'fading');
  t.after(() => bucket.close());
  await bucket.ensure({ ttlMs: 5_000, maxBytes: 1_000 });
  const large = 'a'.repeat(600);
  const text = async (key: string) => Buffer.from((await bucket.get(key))?.value ?? []).toString();
  const revision = await bucket.put('a', large);
  await clock.advance(999);
  await assert.rejects(bucket.put('b', large), /full/);
  assert.equal(await text('a'), large);
  await clock.advance(1);
  await bucket.put('b', large);
  assert.deepEqual([await text('a'), (await bucket.get('a'))?.revision], ['a', revision]);
  // Written anew it is whole again, for its whole time.
  await clock.advance(500);
  await bucket.update('a', 'again', revision);
  await clock.advance(999);
  await bucket.put('c', '');
  assert.deepEqual([await text('a'), await text('b')], ['again', 'a']);
  await clock.advance(1);
  await bucket.put('c', '');
  assert.equal(await text('a'), 'a');
  await clock.advance(3_999);
  assert.equal(await text('a'), 'a');
  await clock.advance(1);
  assert.equal(await bucket.get('a'), undefined);
});

test('of what is gone before it could fade nothing is held, and what stays fades all the same, once', async (t) => {
  const clock = createFakeClock();
  const faded: string[] = [];
  const left = (value: Uint8Array | string) => {
    faded.push(String(value));
    return '';
  };
  const bucket = await openBucket({ home: 'memory', clock, fading: { afterMs: 60_000, left } }, 'gone');
  t.after(() => bucket.close());
  await bucket.ensure({ ttlMs: 120_000 });
  await bucket.put('before', 'one');
  await clock.advance(60_000);
  await bucket.put('stays', 'two');
  const passing = async (count: number) => {
    for (let at = 0; at < count; at += 1) {
      const key = `gone.${'k'.repeat(200)}.${at}`;
      await bucket.put(key, '');
      await bucket.delete(key);
    }
  };
  await passing(5_000);
  const before = inUse();
  await passing(40_000);
  const more = inUse() - before;
  assert.ok(more < 4 * 1024 * 1024, `${more} bytes more are in use`);
  assert.deepEqual(faded, ['one']);
  await clock.advance(60_000);
  await bucket.put('last', 'three');
  assert.deepEqual(faded, ['one', 'two']);
});

/** Bytes, after a collection. */
function inUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}
