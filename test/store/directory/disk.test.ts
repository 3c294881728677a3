import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Disk, realDisk } from '../../../src/store/directory/disk.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { readNow } from '../gather.ts';
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
    stream.append('2'),
    stream.append('3', { id: 'three' }),
    stream.append('4'),
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
  const reader = folder.stream();
  assert.deepEqual(await readNow(reader), ['1', '3']);
  assert.deepEqual(folder.news, []);
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
