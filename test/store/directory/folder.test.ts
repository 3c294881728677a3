import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { noLeaks } from '../../helpers/leaks.ts';
import { iterate, numbers, readNow, take } from '../gather.ts';
import { storeFolder } from './folder.ts';

noLeaks();

const posix = { skip: process.platform === 'win32' && 'Windows has no modes' };

test('files and folders are for their owner alone', posix, async (t) => {
  const folder = storeFolder(t);
  const stream = folder.stream();
  await stream.ensure({ maxMessages: 10 });
  for (let n = 0; n < 30; n += 1) await stream.append('x');
  await stream.purge({ before: 25 });
  const bucket = folder.bucket();
  await bucket.ensure({});
  await bucket.put('k', 'v');
  const modes = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const below = join(path, entry.name);
      assert.equal(statSync(below).mode & 0o777, entry.isDirectory() ? 0o700 : 0o600, below);
      if (entry.isDirectory()) modes(below);
    }
  };
  modes(folder.path);
});

test('a link in the place of what is to be made is not followed', posix, async (t) => {
  const folder = storeFolder(t);
  const elsewhere = join(folder.path, 'elsewhere');
  mkdirSync(elsewhere);
  symlinkSync(elsewhere, join(folder.path, 'streams'));
  await assert.rejects(folder.stream().ensure({}), { code: 'store_failed', message: /is no folder/ });
  assert.deepEqual(readdirSync(elsewhere), []);
  rmSync(join(folder.path, 'streams'));

  const stream = folder.stream();
  await stream.ensure({});
  await stream.append('1');
  await stream.close();
  const [segment = ''] = folder.segments();
  const victim = join(folder.path, 'victim');
  writeFileSync(victim, 'untouched');
  rmSync(segment);
  symlinkSync(victim, segment);
  await assert.rejects(folder.stream().append('2'), { code: 'store_failed', message: /symbolic link/ });
  await assert.rejects(readNow(folder.stream()), { code: 'store_failed', message: /symbolic link/ });
  assert.equal(statSync(victim).size, 'untouched'.length);
});

test(
  'where everybody may put something, the folder itself is no link, and nobody else is its owner',
  posix,
  async (t) => {
    const folder = storeFolder(t);
    const shared = join(folder.path, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
    const elsewhere = join(folder.path, 'elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, join(shared, 'link'));
    const linked = { code: 'store_failed', message: /symbolic link is in its place/ };
    await assert.rejects(folder.stream({ path: join(shared, 'link') }).ensure({}), linked);
    assert.deepEqual(readdirSync(elsewhere), []);

    const path = join(shared, 'own');
    const stream = folder.stream({ path });
    await stream.ensure({});
    await stream.append('1');
    await stream.close();
    if (process.geteuid?.() !== 0) return;
    chownSync(path, 12_345, 12_345);
    await assert.rejects(folder.stream({ path }).append('2'), {
      code: 'store_failed',
      message: /belongs to somebody else/,
    });
    assert.equal((await readNow(folder.stream({ path }))).length, 1, 'who only reads was not led anywhere');
  },
);

test('a folder that cannot be made is told in words', async (t) => {
  const folder = storeFolder(t);
  const file = join(folder.path, 'file');
  writeFileSync(file, '');
  await assert.rejects(folder.stream({ path: join(file, 'below') }).ensure({}), {
    code: 'store_failed',
    message: /cannot make the folder .*: a part of the path is no folder/,
  });
});

test('what was written is there for the next writer, and counting goes on', async (t) => {
  const folder = storeFolder(t);
  let stream = folder.stream();
  await stream.ensure({ maxMessages: 100, dedupeMs: 60_000 });
  for (let n = 1; n <= 130; n += 1) {
    await stream.append(String(n), { id: `id ${n}` });
    if (n % 40 !== 0) continue;
    await stream.close();
    stream = folder.stream();
  }
  const { first, last, limits } = await stream.info();
  assert.equal(last, 130);
  assert.equal(limits.maxMessages, 100);
  assert.deepEqual(await readNow(stream), numbers(first, 130));
  assert.deepEqual(await stream.append('again', { id: 'id 100' }), { seq: 100, duplicate: true });
  await stream.purge();
  await stream.close();
  stream = folder.stream();
  assert.equal((await stream.append('131')).seq, 131);
});

test('another process reads along: one that follows hears of it soon', async (t) => {
  const folder = storeFolder(t);
  const writer = folder.stream();
  await writer.ensure({ maxMessages: 200 });
  await writer.append('1');
  // Without a right to write it is what another process is.
  const reader = folder.stream();
  const reading = iterate(reader.read());
  assert.deepEqual(await take(reading, 1), ['1']);
  const following = take(reading, 999);
  for (let n = 2; n <= 1000; n += 1) {
    const appended = writer.append(String(n));
    if (n % 20 === 0) await appended;
    // So that it is not overtaken.
    if (n % 100 === 0) await pause(160);
  }
  assert.deepEqual(await following, numbers(2, 1000));
  await reading.return?.();
  assert.equal((await reader.info()).last, 1000);
});

test('another process sees values and their changes', async (t) => {
  const folder = storeFolder(t);
  const writer = folder.bucket();
  await writer.ensure({});
  await writer.put('a', '1');
  const other = folder.bucket();
  assert.equal(Buffer.from((await other.get('a'))?.value ?? []).toString(), '1');
  const changes = other.watch();
  const watch = changes[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { value } = await watch.next();
    return value.kind === 'put'
      ? `${value.key}=${Buffer.from(value.value).toString()}`
      : `${value.kind} ${value.key ?? ''}`;
  };
  assert.deepEqual([await next(), await next()], ['a=1', 'current ']);
  await writer.put('b', '2');
  assert.equal(await next(), 'b=2');
  await writer.delete('a');
  assert.equal(await next(), 'deleted a');
  assert.deepEqual(await other.keys(), ['b']);
  await assert.rejects(other.put('c', '3'), { code: 'store_busy' });
  await watch.return?.(undefined);
  await writer.close();
  // And may go on where the other ended.
  assert.equal(typeof (await other.create('c', '3')), 'number');
  assert.equal(await other.create('b', 'x'), 'exists');
});

test('a bucket that is written over and over stays small, and keeps its revisions', async (t) => {
  const folder = storeFolder(t);
  const bucket = folder.bucket();
  await bucket.ensure({});
  const value = Buffer.alloc(20_000, 'v');
  let revision = 0;
  for (let n = 0; n < 400; n += 1) {
    revision = await bucket.put(`k.${n % 3}`, value);
    if (n % 5 === 0) await bucket.put('gone', value);
    if (n % 5 === 1) await bucket.delete('gone');
  }
  await bucket.close();
  const size = folder.segments('bucket').reduce((sum, path) => sum + statSync(path).size, 0);
  assert.ok(size < 4_000_000, `${size} bytes for three values of 20,000`);
  const again = folder.bucket();
  assert.deepEqual(await again.keys(), ['k.0', 'k.1', 'k.2']);
  assert.equal((await again.get('k.0'))?.revision, revision);
  assert.equal((await again.get('k.0'))?.value.length, value.length);
  assert.ok((await again.put('k.0', 'x')) > revision);
});

test('a merge that was cut short brings nothing back that was deleted', async (t) => {
  const folder = storeFolder(t);
  const bucket = folder.bucket();
  await bucket.ensure({});
  const { copyFileSync } = await import('node:fs');
  await bucket.put('deleted', 'x');
  await bucket.put('stays', 'old');
  await bucket.close();
  // A segment a run: opening makes none, so each is rolled by being sealed through a merge of a large value.
  const big = Buffer.alloc(1_200_000, 'b');
  const second = folder.bucket();
  await second.delete('deleted');
  for (let n = 0; n < 3; n += 1) await second.put('stays', big);
  await pause(100);
  const before = folder.segments('bucket');
  const copies = before.map((path) => {
    copyFileSync(path, `${path}.copy`);
    return path;
  });
  for (let n = 0; n < 3; n += 1) await second.put('stays', big);
  await pause(100);
  await second.close();
  // The later ones of the segments that were merged away are still there.
  const left = folder.segments('bucket');
  for (const path of copies) if (!left.includes(path)) copyFileSync(`${path}.copy`, path);
  const after = folder.bucket();
  assert.deepEqual(await after.keys(), ['stays']);
  assert.equal((await after.get('stays'))?.value.length, big.length);
});
