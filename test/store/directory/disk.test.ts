import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type Disk, realDisk } from '../../../src/store/directory/disk.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { iterate, numbers, readNow, take } from '../gather.ts';
import { storeFolder } from './folder.ts';

noLeaks();

/** A disk that fails when it is told to. */
function failing(): Disk & { full: boolean; broken: boolean } {
  const no = (code: string): Error => Object.assign(new Error(`${code}: of the test`), { code });
  return {
    full: false,
    broken: false,
    async write(file, bytes, position) {
      // As a disk does that fills up on the way: a part gets there.
      if (this.full) {
        await realDisk.write(file, bytes.subarray(0, Math.floor(bytes.length / 2)), position);
        throw no('ENOSPC');
      }
      await realDisk.write(file, bytes, position);
    },
    async sync(file) {
      if (this.broken) throw no('EIO');
      await realDisk.sync(file);
    },
  };
}

test('a full disk: what does not fit is refused in words, and what is kept stays whole', async (t) => {
  const folder = storeFolder(t);
  const disk = failing();
  const stream = folder.stream({ disk });
  await stream.ensure({});
  await stream.append('1', { id: 'one' });
  disk.full = true;
  const refused = { code: 'store_failed', message: /the disk is full/, retryable: true };
  const answers = await Promise.allSettled([
    ...numbers(2, 9).map((each) => stream.append(each)),
    stream.append('3', { id: 'three' }),
  ]);
  for (const answer of answers) {
    assert.equal(answer.status, 'rejected');
    assert.throws(() => {
      throw answer.reason;
    }, refused);
  }
  assert.deepEqual(await readNow(stream), ['1']);
  disk.full = false;
  // Refused, so it was not kept under its id.
  assert.deepEqual(await stream.append('3', { id: 'three' }), { seq: 2, duplicate: false });
  assert.deepEqual(await stream.append('x', { id: 'one' }), { seq: 1, duplicate: true });
  assert.deepEqual(await readNow(stream), ['1', '3']);
  await stream.close();
  // Nor is it there for who opens it next.
  const reader = folder.stream();
  assert.deepEqual(await readNow(reader), ['1', '3']);
  assert.equal((await reader.append('4')).seq, 3);
  assert.deepEqual(folder.news, []);
});

test('what is not on the disk yet is seen by nobody here', async (t) => {
  const folder = storeFolder(t);
  let release = (): void => {};
  let held: Promise<void> | undefined;
  const disk: Disk = {
    ...realDisk,
    async sync(file) {
      await held;
      await realDisk.sync(file);
    },
  };
  const stream = folder.stream({ disk });
  const bucket = folder.bucket({ disk });
  await stream.ensure({});
  await bucket.ensure({});
  await stream.append('1');
  const following = iterate(stream.read());
  assert.deepEqual(await take(following, 1), ['1']);
  held = new Promise((resolve) => {
    release = resolve;
  });
  const appended = stream.append('2', { id: 'x' });
  const put = bucket.put('k', 'v');
  const next = take(following, 1);
  await pause(50);
  assert.deepEqual(await readNow(stream), ['1']);
  assert.equal((await stream.info()).last, 1);
  assert.equal(await bucket.get('k'), undefined);
  const begun = iterate(stream.read({ from: { seq: 2 } }));
  const seen: string[] = [];
  const both = [next, take(begun, 1)].map((told) => told.then((entries) => seen.push(...entries)));
  await pause(50);
  assert.deepEqual(seen, []);
  release();
  await Promise.all([appended, put]);
  assert.deepEqual(await next, ['2']);
  await Promise.all(both);
  await begun.return?.();
  assert.deepEqual(seen, ['2', '2']);
  assert.equal(Buffer.from((await bucket.get('k'))?.value ?? []).toString(), 'v');
  await following.return?.();
});

test('a disk that cannot say that it kept something: nothing more is written before it is opened again', async (t) => {
  const folder = storeFolder(t);
  const disk = failing();
  const stream = folder.stream({ disk });
  await stream.ensure({});
  await stream.append('1');
  disk.broken = true;
  await assert.rejects(stream.append('2'), { code: 'store_failed', message: /the disk failed/ });
  disk.broken = false;
  await assert.rejects(stream.append('3'), { code: 'store_failed', message: /the disk failed/ });
  assert.deepEqual(await readNow(stream), ['1']);
  await stream.close();
  const again = folder.stream();
  await again.append('4');
  const told = await readNow(again);
  // The second is there or not; nobody was told that it is.
  assert.deepEqual(
    told.filter((each) => each !== '2'),
    ['1', '4'],
  );
});

test('a full disk under a bucket: values stay as they were', async (t) => {
  const folder = storeFolder(t);
  const disk = failing();
  const bucket = folder.bucket({ disk });
  await bucket.ensure({});
  const revision = await bucket.put('k', 'one');
  disk.full = true;
  await assert.rejects(bucket.put('k', 'two'), { code: 'store_failed' });
  await assert.rejects(bucket.create('new', 'x'), { code: 'store_failed' });
  await assert.rejects(bucket.delete('k'), { code: 'store_failed' });
  assert.equal((await bucket.get('k'))?.revision, revision);
  assert.deepEqual(await bucket.keys(), ['k']);
  disk.full = false;
  assert.equal(typeof (await bucket.update('k', 'three', revision)), 'number');
});
