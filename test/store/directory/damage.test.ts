import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { noLeaks } from '../../helpers/leaks.ts';
import { numbers, readNow } from '../gather.ts';
import { storeFolder } from './folder.ts';

noLeaks();

/** Five messages, closed; the path of their segment. */
async function filled(folder: ReturnType<typeof storeFolder>): Promise<string> {
  const stream = folder.stream();
  await stream.ensure({});
  for (const each of numbers(1, 5)) await stream.append(each, { subject: 'a', id: each });
  await stream.close();
  const [path] = folder.segments();
  assert.ok(path !== undefined);
  return path;
}

test('an end that is missing, at any byte, is dropped and told; what is before it stays', async (t) => {
  const folder = storeFolder(t);
  const path = await filled(folder);
  const whole = readFileSync(path);
  for (let length = whole.length; length >= 0; length -= 1) {
    writeFileSync(path, whole.subarray(0, length));
    const reader = folder.stream();
    const before = await readNow(reader);
    await reader.close();
    assert.deepEqual(before, numbers(1, before.length), `cut at ${length}`);
    assert.ok(length < whole.length || before.length === 5);
    if (length % 9 !== 0 && length > 30) continue;
    folder.news.length = 0;
    const writer = folder.stream();
    const { seq } = await writer.append('next', { subject: 'a' });
    assert.deepEqual(await readNow(writer), [...before, 'next'], `cut at ${length}`);
    assert.equal(seq, before.length + 1);
    await writer.close();
    const torn = folder.news.filter(({ kind }) => kind === 'torn');
    const lost = folder.news.some(({ kind }) => kind === 'damaged');
    assert.ok(!lost);
    assert.ok(torn.length <= 1);
    // Cut off for good: the next one finds nothing to tell.
    folder.news.length = 0;
    const again = folder.stream();
    await again.append('and another', { subject: 'a' });
    await again.close();
    assert.deepEqual(folder.news, [], `cut at ${length}`);
    for (const other of folder.segments()) if (other !== path) truncateSync(other, 0);
  }
});

test('a byte that changed, anywhere, costs its message alone, and is told', async (t) => {
  const folder = storeFolder(t);
  const path = await filled(folder);
  const whole = readFileSync(path);
  const copy = `${path}.copy`;
  copyFileSync(path, copy);
  for (let at = 16; at < whole.length; at += 3) {
    const changed = Buffer.from(whole);
    changed[at] = (changed[at] ?? 0) ^ 0x41;
    writeFileSync(path, changed);
    const reader = folder.stream();
    const told = await readNow(reader, { from: { seq: 1 } });
    await reader.close();
    const kept = told.filter((each) => !each.startsWith('gap'));
    assert.ok(kept.length >= 4, `changed at ${at}: ${told}`);
    assert.deepEqual(kept, [...kept].sort(), 'in order');
    // The last one is as if it had never been: nothing behind it says that it was.
    if (kept.length === 4 && kept.includes('5')) assert.equal(told.length, 5, `a gap is told: ${told}`);
  }
  // Its writer goes on behind it, and says where it is.
  const changed = Buffer.from(whole);
  changed[40] = (changed[40] ?? 0) ^ 0x41;
  writeFileSync(path, changed);
  folder.news.length = 0;
  const writer = folder.stream();
  assert.equal((await writer.append('6', { subject: 'a' })).seq, 6);
  const [damage] = folder.news;
  assert.ok(damage?.kind === 'damaged' && damage.path === path && damage.bytes > 0);
  assert.deepEqual(await readNow(writer, { from: { seq: 1 } }), ['gap 1-1', ...numbers(2, 6)]);
  assert.equal((await writer.info()).messages, 5);
});

test('nobody can hide a message within a message', async (t) => {
  const folder = storeFolder(t);
  const path = await filled(folder);
  const record = readFileSync(path).subarray(16);
  // All the bytes of another segment's records, as the data of a message that is then cut.
  const other = storeFolder(t);
  const stream = other.stream();
  await stream.ensure({});
  await stream.append('first', {});
  await stream.append(Buffer.concat([record, Buffer.alloc(500, 'y')]), {});
  await stream.close();
  const [target = ''] = other.segments();
  truncateSync(target, statSync(target).size - 300);
  const reader = other.stream();
  assert.deepEqual(await readNow(reader), ['first']);
  assert.equal((await reader.append('second', {})).seq, 2);
  assert.deepEqual(await readNow(reader), ['first', 'second']);
});

test('a file that is none of ours is refused in words', async (t) => {
  const folder = storeFolder(t);
  const path = await filled(folder);
  writeFileSync(path, 'a file of somebody else, long enough to be looked at');
  const reader = folder.stream();
  await assert.rejects(readNow(reader), { code: 'store_failed', message: /is no file of heddle-ts/ });
  await assert.rejects(reader.append('x'), { code: 'store_failed', message: /is no file of heddle-ts/ });
});

test('limits that cannot be read are refused in words', async (t) => {
  const folder = storeFolder(t);
  const path = await filled(folder);
  for (const content of [
    '{',
    '{"version":2,"kind":"stream","limits":{}}',
    '{"version":1,"kind":"bucket","limits":{}}',
    '[]',
  ]) {
    writeFileSync(path.replace(/[^/]+$/, 'store.json'), content);
    const stream = folder.stream();
    await assert.rejects(stream.info(), { code: 'store_failed', message: /does not say that a stream/ }, content);
  }
});
