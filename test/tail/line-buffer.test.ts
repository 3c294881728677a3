import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineBuffer } from '../../src/tail/line-buffer.ts';

test('texts and bytes come out in their order, whatever their size; what was taken stands while the next are gathered', () => {
  const buffer = new LineBuffer();
  const sizes = [0, 1, 300, 1_500_000, 5, 7_000_000, 3, 300_000, 300_000];
  let before: { taken: Uint8Array; expected: string } | undefined;
  for (const [round, size] of sizes.entries()) {
    const pieces = [`ä${round}`, '€'.repeat(size), 'x'.repeat(size), '\n'];
    for (const [index, piece] of pieces.entries()) {
      if (index % 2 === 0) buffer.text(piece);
      else buffer.bytes(Buffer.from(piece));
    }
    assert.ok(buffer.length > 0);
    if (before !== undefined) assert.equal(Buffer.from(before.taken).toString(), before.expected);
    before = { taken: buffer.take(), expected: pieces.join('') };
    assert.equal(buffer.length, 0);
    assert.equal(Buffer.from(before.taken).toString(), before.expected);
  }
  buffer.text('x');
  buffer.bytes(Buffer.from('y'));
  buffer.clear();
  assert.deepEqual([buffer.length, buffer.take().length], [0, 0]);
});
