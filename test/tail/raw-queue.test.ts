import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlockPool, RawQueue } from '../../src/tail/raw-queue.ts';

test('what goes in comes out, in its order, whatever its size', () => {
  const queue = new RawQueue<string, { record: string }>(new BlockPool(4 * 1024 * 1024));
  const sizes = [0, 1, 300, 700_000, 700_000, 3_000_000, 5, 0];
  for (const [index, size] of sizes.entries()) {
    queue.push(`s${index}`, Buffer.alloc(size, index + 1), index * 10, index % 2 === 0 ? `n${index}` : undefined);
    queue.pushOwn({ record: `ours${index}` });
  }
  assert.equal(queue.count, sizes.length * 2);
  for (const [index, size] of sizes.entries()) {
    const entry = queue.shift();
    assert.ok(entry !== undefined && 'bytes' in entry);
    assert.deepEqual(
      [entry.subject, entry.at, entry.bytes.length, entry.record],
      [`s${index}`, index * 10, size, 'waiting'],
    );
    assert.ok(entry.bytes.every((byte) => byte === index + 1));
    assert.equal(entry.note, index % 2 === 0 ? `n${index}` : undefined);
    assert.deepEqual([queue.peekOwn(), queue.shift()], Array(2).fill({ record: `ours${index}` }));
    assert.equal(queue.peekOwn(), undefined);
    queue.reclaim();
  }
  assert.deepEqual([queue.count, queue.bytes, queue.shift()], [0, 0, undefined]);
});

test('messages are copies: what the socket reads next does not change them', () => {
  const queue = new RawQueue<never, never>(new BlockPool(1));
  const chunk = Buffer.from('first');
  queue.push('s', chunk, 0);
  chunk.write('other');
  assert.equal(Buffer.from(queue.shift()?.bytes ?? []).toString(), 'first');
});

test('blocks serve again, without anything of what they held', () => {
  const queue = new RawQueue<string, never>(new BlockPool(8 * 1024 * 1024));
  for (let round = 0; round < 50; round += 1) {
    for (let each = 0; each < 3000; each += 1)
      queue.push(`r${round}`, Buffer.alloc(500, round), round, each === 7 ? 'note' : undefined);
    for (let each = 0; each < 3000; each += 1) {
      const entry = queue.shift();
      assert.ok(entry?.subject === `r${round}` && entry.bytes[499] === round);
      assert.equal(entry.note, each === 7 ? 'note' : undefined);
    }
    queue.reclaim();
  }
  assert.equal(queue.bytes, 0);
});
